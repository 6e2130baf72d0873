import * as z from "zod";

/**
 * The kinds of configuration values. Each error message lists the allowed values: the second half
 * of "found …, allowed …".
 */

/** An integer within limits, both included. */
export function integer(min: number, max: number): z.ZodType<number> {
  const error = `an integer from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** One of these words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): z.ZodType<Word> {
  return z.enum(words, { error: words.join(", ") });
}

/** `true` or `false` as a boolean, not as text. */
export function yesNo(): z.ZodType<boolean> {
  return z.boolean({ error: "true or false" });
}

/** Text of at most `max` characters; `accepts` may restrict it further, which `what` describes. */
export function text(
  max: number,
  what = `text of at most ${max} characters`,
  accepts: (value: string) => boolean = () => true,
): z.ZodType<string> {
  return z.string({ error: what }).max(max, { error: what }).refine(accepts, { error: what });
}

/** A list of up to `max` values of one kind. */
export function listOf<T>(item: z.ZodType<T>, max: number): z.ZodType<readonly T[]> {
  const error = `a list of at most ${max}`;
  return z.array(item, { error }).max(max, { error });
}

/**
 * Splits a list that is written as one text. A comma before an `@` is part of a password, so that
 * no item is half of a password.
 */
export function itemsOf(text: string): string[] {
  const commas = /:.*@/s.test(text) ? /,(?![^\s/]*@)/ : ",";
  return text.split(commas).map((item) => item.trim());
}

/**
 * A map with exactly these names, as the item of a list. The error for an unknown name lists the
 * known ones.
 */
export function mapOf<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape> {
  const names = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: ({ code }) => code === "unrecognized_keys" ? names : `a map of ${names}`,
  }) as unknown as z.ZodObject<Shape>;
}

/** Whether a text is an http or https URL with nothing but a host and a port. */
export function isHttpOrigin(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, origin, href } = new URL(value);
  return /^https?:$/.test(protocol) && href === `${origin}/`;
}

import type { ConfigDefinition } from "@qumo/shared/runtime";

/** What no key takes. */
const WRONG = Symbol("wrong");

/**
 * What may be written for the key at this path, in the words that a refusal has for it: the schema is
 * asked with a value that it cannot take.
 */
export function allowedFor<T extends object>(
  { defaults, schema }: ConfigDefinition<T>,
  path: readonly string[],
): string {
  const whole = messageFor(schema, withValue(defaults, path, WRONG), path);
  if (whole === undefined) throw new Error(`The schema takes everything for ${path.join(".")}`);
  const item = messageFor(schema, withValue(defaults, path, [WRONG]), [...path, "0"]);
  // Items that are maps of their own are described in words.
  if (item === undefined || item.startsWith("Invalid")) return whole;
  return `${whole}, each ${item}`;
}

function messageFor<T>(
  schema: ConfigDefinition<T & object>["schema"],
  value: unknown,
  path: readonly string[],
): string | undefined {
  const { error } = schema.safeParse(value);
  return error?.issues.find((issue) => issue.path.map(String).join(".") === path.join("."))
    ?.message;
}

function withValue(defaults: object, [name, ...rest]: readonly string[], value: unknown): object {
  const inner = (defaults as Record<string, unknown>)[name!];
  return {
    ...defaults,
    [name!]: rest.length === 0 ? value : withValue(inner as object, rest, value),
  };
}

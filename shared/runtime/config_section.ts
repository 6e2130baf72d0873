import * as z from "zod";

/**
 * A section of a configuration: these keys and no others. Each key is one line with its type and
 * its default: `maxSessions: integer(1, 9).default(5)`.
 */
export function section<Shape extends z.ZodRawShape>(shape: Shape): Section<Shape> {
  return z.strictObject(shape).readonly().prefault({} as never) as unknown as Section<Shape>;
}

type Section<Shape extends z.ZodRawShape> = z.ZodType<
  Readonly<z.output<z.ZodObject<Shape, z.core.$strict>>>
>;

import { type ConfigDefinition, fileName, keysOf } from "@qumo/shared/runtime";
import * as z from "zod";
import { allowedFor } from "./allowed.ts";
import type { ConfigSource } from "./config_reference.ts";
import { readExplanations } from "./explanations.ts";

interface JsonSchema {
  [name: string]: unknown;
  properties?: Record<string, JsonSchema>;
}

/** A duration or a size with its unit, or a number in the unit that the key's name says. */
const WITH_UNIT = { type: "string", pattern: "^\\s*(\\d+(\\.\\d+)?\\s*[A-Za-z]+\\s*)+$" };

/** The JSON Schema of a configuration, by which editors complete, explain and check its file. */
export function configSchema<T extends object>(
  definition: ConfigDefinition<T>,
  { program, yaml }: ConfigSource,
): string {
  const { $schema, ...whole } = z.toJSONSchema(definition.schema, {
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => withUnits(zodSchema, jsonSchema as JsonSchema),
  }) as JsonSchema;
  const named = withFileNames(whole);
  explain(definition, yaml, named);
  addFormerKeys(definition, named);
  const schema = { $schema, title: `The configuration of ${program}`, ...named };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

/** A number that may be written with its unit is read through a transformation of the text. */
function withUnits(zodSchema: z.core.$ZodType, schema: JsonSchema): void {
  const { def } = zodSchema._zod;
  if (def.type !== "pipe" || (def as z.core.$ZodPipeDef).in._zod.def.type !== "transform") return;
  const number = { ...schema };
  if (number.type !== "integer" && number.type !== "number") return;
  for (const name of Object.keys(schema)) delete schema[name];
  schema.anyOf = [number, WITH_UNIT];
}

/** The names as the file spells them; what says nothing to who writes a file is left out. */
function withFileNames({ readOnly: _, properties, ...schema }: JsonSchema): JsonSchema {
  const { default: byDefault, items, ...rest } = schema;
  return {
    ...rest,
    ...(byDefault !== undefined && !isEmpty(byDefault) && { default: byDefault }),
    ...(isObject(items) && { items: withFileNames(items) }),
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, one]) => [fileName(name), withFileNames(one)]),
      ),
    }),
  };
}

/** Says of each key what the commented file says of it, what it takes, and its default. */
function explain<T extends object>(
  definition: ConfigDefinition<T>,
  yaml: string,
  whole: JsonSchema,
): void {
  const { values } = keysOf(definition.defaults);
  for (const { keys, text } of readExplanations(yaml).groups) {
    for (const key of keys) {
      const schema = at(whole, key);
      const path = values.get(key);
      const allowed = path === undefined ? [] : [
        `Allowed: ${allowedFor(definition, path)}.`,
        ...(definition.live.includes(key) ? ["Changed by SIGHUP."] : []),
      ];
      schema.description = [...text, ...allowed].join("\n").trim();
      if (path !== undefined) schema.default ??= plain(definition.defaults, path);
    }
  }
}

/** Former keys are understood, and editors strike them through. */
function addFormerKeys<T extends object>(
  { renamed, retired }: ConfigDefinition<T>,
  whole: JsonSchema,
): void {
  const former = [
    ...Array.from(renamed, ([from, to]) => [from, `A former name of ${to}.`] as const),
    ...Array.from(retired, ([from, advice]) => [from, `Ignored: ${advice}.`] as const),
  ];
  for (const [key, description] of former) {
    const end = key.lastIndexOf(".");
    const section = end < 0 ? whole : sectionOf(whole, key.slice(0, end));
    const name = key.slice(end + 1);
    section.properties![name] ??= { deprecated: true, description };
  }
}

/** A section, which may have had former keys alone. */
function sectionOf(whole: JsonSchema, key: string): JsonSchema {
  return key.split(".").reduce((schema, name) => {
    const inner = schema.properties![name] ??= { type: "object", deprecated: true };
    inner.properties ??= {};
    return inner;
  }, whole);
}

function at(whole: JsonSchema, key: string): JsonSchema {
  return key.split(".").reduce((schema, name) => {
    const inner = schema.properties?.[name];
    if (inner === undefined) throw new Error(`The schema has no ${key}`);
    return inner;
  }, whole);
}

function plain(defaults: object, path: readonly string[]): unknown {
  const value = path.reduce<unknown>(
    (inner, name) => (inner as Record<string, unknown>)[name],
    defaults,
  );
  return value instanceof Map ? Object.fromEntries(value) : value;
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

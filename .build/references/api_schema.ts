/** As much of a JSON schema as the controller's API has. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly default?: unknown;
}

/** A schema on one line; those with a name are links. */
export function typeText(schema: Schema): string {
  const { $ref, anyOf, items, prefixItems, properties, additionalProperties } = schema;
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf("/") + 1);
    return `[${name}](#${name.toLowerCase()})`;
  }
  const text = schema.enum?.map(quoted).join(", ") ??
    anyOf?.map(typeText).join(" or ") ??
    prefixItems?.map(typeText).join(", then ") ??
    (items && `list of ${bracketed(items)}`) ??
    (properties && `{ ${fieldsText(schema)} }`) ??
    (typeof additionalProperties === "object"
      ? `map of text to ${bracketed(additionalProperties)}`
      : kindText(schema));
  return text + limits(schema);
}

/** A named schema: its fields as a table, or what it is. */
export function schemaLines(schema: Schema): string[] {
  const { description, properties } = schema;
  const says = description === undefined ? [] : [`${description}.`, ""];
  if (properties === undefined) return [...says, `Type: ${typeText(schema)}`];
  const rows = Object.entries(properties).map(([name, field]) =>
    `| \`${name}\` | ${typeText(field)} | ${isRequired(schema, name) ? "yes" : "no"} | ${
      field.description ?? ""
    } |`
  );
  return [...says, "| field | type | always there | what |", "| --- | --- | --- | --- |", ...rows];
}

function fieldsText(schema: Schema): string {
  return Object.entries(schema.properties!)
    .map(([name, field]) => `\`${name}\`${isRequired(schema, name) ? "" : "?"} ${typeText(field)}`)
    .join(", ");
}

function kindText({ type = "anything" }: Schema): string {
  return [type].flat().map((one) => one === "string" ? "text" : one).join(" or ");
}

function bracketed(schema: Schema): string {
  return schema.anyOf === undefined ? typeText(schema) : `(${typeText(schema)})`;
}

function isRequired({ required = [] }: Schema, name: string): boolean {
  return required.includes(name);
}

function limits(schema: Schema): string {
  const { minimum, maximum, exclusiveMinimum, maxLength, maxItems, pattern, format } = schema;
  const parts = [
    minimum !== undefined && maximum !== undefined ? `${minimum} to ${maximum}` : undefined,
    minimum !== undefined && maximum === undefined ? `${minimum} or more` : undefined,
    exclusiveMinimum !== undefined ? `above ${exclusiveMinimum}` : undefined,
    maxLength !== undefined ? `at most ${maxLength} characters` : undefined,
    maxItems !== undefined ? `at most ${maxItems}` : undefined,
    pattern !== undefined ? `\`${pattern.replaceAll("|", "\\|")}\`` : undefined,
    format,
    schema.default !== undefined ? `default ${quoted(schema.default)}` : undefined,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

function quoted(value: unknown): string {
  return `\`${JSON.stringify(value)}\``;
}

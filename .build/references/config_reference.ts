import { type ConfigDefinition, keysOf } from "@qumo/shared/runtime";
import { allowedFor } from "./allowed.ts";
import { type ExplainedKey, readExplanations } from "./explanations.ts";

/** Which program's configuration it is, and the file that explains it. */
export interface ConfigSource {
  readonly program: string;
  /** The path of the commented file. */
  readonly file: string;
  readonly yaml: string;
}

/** Every key of a configuration: what may be written, the default, the variables, and what it does. */
export function configReference<T extends object>(
  definition: ConfigDefinition<T>,
  { program, file, yaml }: ConfigSource,
): string {
  const { introduction, groups } = readExplanations(yaml);
  const keys = keysOf(definition.defaults).values;
  const explained = new Set(groups.flatMap(({ keys }) => keys));
  const missing = [...keys.keys()].filter((key) => !explained.has(key));
  if (missing.length > 0) throw new Error(`${file} does not explain ${missing.join(", ")}`);
  return [
    `# Configuration of ${program}`,
    "",
    `<!-- Made by \`deno task docs\` from the schemas and ${file}. Do not edit. -->`,
    "",
    ...introduction,
    "",
    ...groups.flatMap((group) => groupText(definition, group)),
    ...formerKeys(definition),
  ].join("\n");
}

function groupText<T extends object>(
  definition: ConfigDefinition<T>,
  { keys, text, isSection }: ExplainedKey,
): string[] {
  const known = keysOf(definition.defaults);
  const level = keys[0]!.includes(".") ? "###" : "##";
  if (isSection) return [`${level} ${keys[0]}`, "", ...text, ""];
  const rows = keys.map((key) => {
    const path = known.values.get(key);
    if (path === undefined) throw new Error(`There is no key ${key}`);
    const cells = [
      code(key),
      words(allowedFor(definition, path)),
      code(defaultText(valueAt(definition.defaults, path))),
      variables(definition, key),
      definition.live.includes(key) ? "SIGHUP" : "restart",
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return [
    `${level} ${keys.join(", ")}`,
    "",
    ...text,
    "",
    "| key | allowed | default | environment | changed by |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ];
}

function variables<T extends object>({ environment }: ConfigDefinition<T>, key: string): string {
  return environment.variables.flatMap((variable) => {
    if ("key" in variable) {
      const isNamed = variable.key === key && variable.replacedBy === undefined;
      return isNamed ? [code(variable.name)] : [];
    }
    if (!("sets" in variable) || !(key in variable.sets)) return [];
    const value = defaultText(variable.sets[key]);
    return [`${code(`${variable.name}=true`)} sets ${code(value)}`];
  }).join(", ");
}

function formerKeys<T extends object>(
  { renamed, retired, environment }: ConfigDefinition<T>,
): string[] {
  const { variables } = environment;
  const former = variables.flatMap((one) =>
    "replacedBy" in one && one.replacedBy !== undefined ? [[one.name, one.replacedBy] as const] : []
  );
  const gone = variables.flatMap((one) => "retired" in one ? [[one.name, one.retired]] : []);
  const rows = [
    ...Array.from(renamed, ([from, to]) => `| ${code(from)} | understood as ${code(to)} |`),
    ...former.map(([from, to]) => `| ${code(from)} | understood as ${code(to)}, with a warning |`),
    ...[...retired, ...gone].map(([name, text]) =>
      `| ${code(name!)} | ignored, with a warning: ${words(text!)} |`
    ),
  ];
  if (rows.length === 0) return [];
  return ["## Former names", "", "| name | what happens |", "| --- | --- |", ...rows, ""];
}

function defaultText(value: unknown): string {
  return JSON.stringify(value instanceof Map ? Object.fromEntries(value) : value);
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce((inner, name) => (inner as Record<string, unknown>)[name], value);
}

/** Text in a cell, of which nothing is taken for emphasis. */
function words(text: string): string {
  return cell(text).replace(/[*_]/g, "\\$&");
}

function code(text: string): string {
  return `\`${cell(text)}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

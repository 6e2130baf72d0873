import { hideSecrets } from "./config_secrets.ts";
import { printable } from "./printable.ts";
import { suggest } from "./suggest.ts";

/** An environment variable of a configuration. One that is empty counts as not set. */
export type EnvironmentVariable =
  /**
   * Sets one key. Its text is parsed by the type of the key; lists are separated by commas.
   * `replacedBy` marks a former name.
   */
  | { readonly name: string; readonly key: string; readonly replacedBy?: string }
  /** Sets some keys at once when it is `true`, and none when it is `false`. */
  | { readonly name: string; readonly sets: Readonly<Record<string, unknown>> }
  /**
   * A variable of the former program that has no meaning here: ignored, with a warning that says
   * what to do.
   */
  | { readonly name: string; readonly retired: string }
  /** A variable of another command of the program, which means nothing here. */
  | { readonly name: string; readonly isElsewhere: true };

/** The variables of a program, and the prefix by which misspelt ones are detected. */
export interface EnvironmentDefinition {
  /** The variables; of two that set the same key, the later one wins. */
  readonly variables: readonly EnvironmentVariable[];
  /** The prefix of the program's variables. */
  readonly prefix: string;
  /** A longer prefix that belongs to another program. */
  readonly otherPrefix?: string;
}

/** The environment of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

interface Remark {
  readonly name: string;
  readonly text: string;
}

/** The values that the environment sets. */
export interface EnvironmentReading {
  readonly assignments: readonly {
    readonly name: string;
    readonly key: string;
    readonly value: unknown;
  }[];
  readonly problems: readonly Remark[];
  readonly warnings: readonly Remark[];
}

/** Reads the variables that are set, in the order of the table. */
export function readEnvironment(
  definition: EnvironmentDefinition,
  environment: Environment,
): EnvironmentReading {
  const assignments = [];
  const problems: Remark[] = [];
  const warnings: Remark[] = [];
  for (const variable of definition.variables) {
    const { name } = variable;
    const text = environment[name];
    if (text === undefined || text === "" || "isElsewhere" in variable) continue;
    if ("key" in variable) {
      assignments.push({ name, key: variable.key, value: text });
      if (variable.replacedBy !== undefined) {
        warnings.push({ name, text: `a former name: write ${variable.replacedBy}` });
      }
    } else if ("retired" in variable) {
      warnings.push({ name, text: `ignored: ${variable.retired}` });
    } else if (text === "true") {
      for (const [key, value] of Object.entries(variable.sets)) {
        assignments.push({ name, key, value });
      }
    } else if (text !== "false") {
      const shown = JSON.stringify(printable(hideSecrets(text), 60));
      problems.push({ name, text: `found ${shown}, allowed true or false` });
    }
  }
  warnings.push(...unknownVariables(definition, environment));
  return { assignments, problems, warnings };
}

/** One variable for each key: `cache.max_bytes` is set by `<PREFIX>CACHE_MAX_BYTES`. */
export function variablesFor(
  prefix: string,
  keys: Iterable<string>,
): { name: string; key: string }[] {
  return Array.from(keys, (key) => ({
    name: `${prefix}${key.toUpperCase().replaceAll(".", "_")}`,
    key,
  }));
}

/** Variables that seem to be meant for the program and are unknown. */
function unknownVariables(
  { variables, prefix, otherPrefix }: EnvironmentDefinition,
  environment: Environment,
): Remark[] {
  const known = new Map(
    variables.map((one) => [one.name, "replacedBy" in one ? one.replacedBy ?? one.name : one.name]),
  );
  const remarks: Remark[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (text === undefined || text === "" || known.has(name)) continue;
    if (isServiceLink(name, environment)) continue;
    const isOurs = name.startsWith(prefix) &&
      !(otherPrefix !== undefined && name.startsWith(otherPrefix));
    // A variable without the prefix must be very similar to one of ours to count as misspelt.
    const meant = withoutPrefix(name, known, prefix) ??
      suggest(name, [...known.keys()], isOurs ? undefined : name.length < 10 ? 1 : 2);
    if (!isOurs && meant === undefined) continue;
    const hint = meant === undefined ? "" : ` (did you mean ${known.get(meant)}?)`;
    remarks.push({ name: printable(name, 100), text: `ignored, there is no such variable${hint}` });
  }
  return remarks.sort((a, b) => a.name < b.name ? -1 : 1);
}

/** The variable that has no prefix, where this is the same with one: QUMO_RELAY_ADDR for RELAY_ADDR. */
function withoutPrefix(
  name: string,
  known: ReadonlyMap<string, string>,
  prefix: string,
): string | undefined {
  return [...known.keys()].find((one) =>
    name.endsWith(`_${one}`) && prefix.startsWith(name.slice(0, -one.length))
  );
}

// Kubernetes and Docker set variables for the services beside a container: QUMO_RELAY_SERVICE_HOST
// and QUMO_RELAY_PORT_4433_TCP are not misspelt.
function isServiceLink(name: string, environment: Environment): boolean {
  const service = /^(.+?)_(?:SERVICE_(?:HOST|PORT)|PORT)(?:_|$)/.exec(name)?.[1];
  return service !== undefined && environment[`${service}_SERVICE_HOST`] !== undefined;
}

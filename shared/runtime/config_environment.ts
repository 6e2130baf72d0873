import { hideSecrets } from "./config_secrets.ts";
import { printable } from "./printable.ts";
import { suggest } from "./suggest.ts";

/** An environment variable that a configuration listens to. One that is set but empty is not set. */
export type EnvironmentVariable =
  /**
   * Sets one key; its text is read as the kind of value the key has, lists separated by commas. A
   * former name says which variable takes its place.
   */
  | { readonly name: string; readonly key: string; readonly replacedBy?: string }
  /** Sets some keys at once when it is `true`, and none when it is `false`. */
  | { readonly name: string; readonly sets: Readonly<Record<string, unknown>> }
  /** Meant something elsewhere and nothing here: ignored, with a sentence that says what to do. */
  | { readonly name: string; readonly retired: string };

/** Which variables a program looks at, and which of the others must be its own, misspelt. */
export interface EnvironmentDefinition {
  /** Of two that set the same key, the later one wins. */
  readonly variables: readonly EnvironmentVariable[];
  /** Every variable that begins like this is meant for the program. */
  readonly prefix: string;
  /** A longer prefix that another program has. */
  readonly otherPrefix?: string;
}

/** The environment of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

interface Remark {
  readonly name: string;
  readonly text: string;
}

/** What the environment says. */
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
    if (text === undefined || text === "") continue;
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

/** Variables that are set for the program, as it seems, and that it does not know. */
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
    // What may be anybody's variable must be very near to one of ours to be taken for it.
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

// Kubernetes and Docker tell every container of the services beside it: QUMO_RELAY_SERVICE_HOST and
// QUMO_RELAY_PORT_4433_TCP are nobody's spelling mistakes.
function isServiceLink(name: string, environment: Environment): boolean {
  const service = /^(.+?)_(?:SERVICE_(?:HOST|PORT)|PORT)(?:_|$)/.exec(name)?.[1];
  return service !== undefined && environment[`${service}_SERVICE_HOST`] !== undefined;
}

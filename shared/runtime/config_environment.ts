import { printable } from "./printable.ts";

/** An environment variable that a configuration listens to. One that is set but empty is not set. */
export type EnvironmentVariable =
  /** Sets one key; its text is read as the kind of value the key has, lists separated by commas. */
  | { readonly name: string; readonly key: string }
  /** Sets some keys at once when it is `true`, and none when it is `false`. */
  | { readonly name: string; readonly sets: Readonly<Record<string, unknown>> }
  /** Meant something elsewhere and nothing here: refused with a sentence that says what to do. */
  | { readonly name: string; readonly retired: string };

/** What the environment says. */
export interface EnvironmentReading {
  readonly assignments: readonly {
    readonly name: string;
    readonly key: string;
    readonly value: unknown;
  }[];
  readonly problems: readonly { readonly name: string; readonly text: string }[];
}

/** Reads the variables that are set, in the order of the table. */
export function readEnvironment(
  variables: readonly EnvironmentVariable[],
  read: (name: string) => string | undefined,
): EnvironmentReading {
  const assignments = [];
  const problems = [];
  for (const variable of variables) {
    const { name } = variable;
    const text = read(name);
    if (text === undefined || text === "") continue;
    if ("key" in variable) {
      assignments.push({ name, key: variable.key, value: text });
    } else if ("retired" in variable) {
      problems.push({ name, text: variable.retired });
    } else if (text === "true") {
      for (const [key, value] of Object.entries(variable.sets)) {
        assignments.push({ name, key, value });
      }
    } else if (text !== "false") {
      problems.push({
        name,
        text: `found ${JSON.stringify(printable(text, 60))}, allowed true or false`,
      });
    }
  }
  return { assignments, problems };
}

/** One variable for each key: `cache.max_bytes` is set by `<PREFIX>_CACHE_MAX_BYTES`. */
export function variablesFor(prefix: string, keys: Iterable<string>): EnvironmentVariable[] {
  return Array.from(keys, (key) => ({
    name: `${prefix}_${key.toUpperCase().replaceAll(".", "_")}`,
    key,
  }));
}

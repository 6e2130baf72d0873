import type { z } from "zod";
import {
  type EnvironmentDefinition,
  type EnvironmentVariable,
  variablesFor,
} from "./config_environment.ts";
import type { KeyFault } from "./config_issues.ts";
import { keysOf } from "./config_keys.ts";

/** A file that a key of a configuration names. An empty path means that there is none. */
export interface NamedFile {
  readonly key: string;
  readonly path: string;
  /** What the file should contain, for "allowed …". */
  readonly what: string;
  /**
   * Returns the fault of the file's text, if there is one; `textOf` returns the texts of the files
   * before it.
   */
  readonly fault: (text: string, textOf: (key: string) => string | undefined) => string | undefined;
}

/** The definition of a configuration: its values, what they may be, and their former names. */
export interface ConfigDefinition<T extends object> {
  /** Every key with its default. Property names are camelCase here and snake_case in the file. */
  readonly defaults: T;
  /** Checks the whole. The messages of its values say what is allowed (see `config_values.ts`). */
  readonly schema: z.ZodType<T>;
  /** Rules between values; each fault is reported at the place of its key. */
  readonly rules: (value: T) => readonly KeyFault[];
  /** The files that the configuration names, which must be usable before the program starts. */
  readonly files: (value: T) => readonly NamedFile[];
  /** The keys that a running program takes anew when it reads its configuration again. */
  readonly live: readonly string[];
  /** Former keys that are still understood. */
  readonly renamed: ReadonlyMap<string, string>;
  /** Former keys that do nothing: a warning with a sentence that says what to do instead. */
  readonly retired: ReadonlyMap<string, string>;
  readonly environment: EnvironmentDefinition;
}

/**
 * For values that are parsed once: code that is made for a schema, to parse with it faster, takes longer
 * to make than it saves, and a MiB.
 */
export const ONCE = { jitless: true };

/** A definition without what follows from its schema: the defaults, and a variable for each key. */
export interface ConfigOutline<T extends object> extends Omit<ConfigDefinition<T>, "defaults"> {
  readonly environment: EnvironmentDefinition & {
    /** Sections whose variables have another prefix; the regular names still work. */
    readonly sectionPrefixes?: Readonly<Record<string, string>>;
  };
}

/** Completes a definition from its schema, which has a default for every key. */
export function defineConfig<T extends object>(outline: ConfigOutline<T>): ConfigDefinition<T> {
  const { environment, schema } = outline;
  const defaults = schema.parse({}, ONCE);
  const variables = [...environment.variables, ...keyVariables(environment, defaults)];
  return { ...outline, defaults, environment: { ...environment, variables } };
}

function keyVariables(
  { prefix, sectionPrefixes = {} }: ConfigOutline<object>["environment"],
  defaults: object,
): EnvironmentVariable[] {
  return variablesFor(prefix, keysOf(defaults).values.keys()).flatMap(({ name, key }) => {
    const own = sectionPrefixes[key.split(".", 1)[0]!];
    if (own === undefined) return [{ name, key }];
    const [replacement] = variablesFor(own, [key.slice(key.indexOf(".") + 1)]);
    return [{ name, key, replacedBy: replacement!.name }, { name: replacement!.name, key }];
  });
}

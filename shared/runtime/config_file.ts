import type { z } from "zod";
import { fileName, joinKey, keysOf } from "./config_keys.ts";
import { type ConfigFile, type FilePosition, found, readConfigTree } from "./config_tree.ts";
import { type EnvironmentVariable, readEnvironment } from "./config_environment.ts";
import { done, type Outcome, refused } from "./outcome.ts";

/** Where a value in force comes from. */
export type Origin =
  | { readonly from: "default" }
  | { readonly from: "file"; readonly at: FilePosition }
  | { readonly from: "environment"; readonly name: string }
  | { readonly from: "flag"; readonly name: string };

/** What a configuration is: its values, what they may be, and what they were called before. */
export interface ConfigDefinition<T extends object> {
  /** Every key there is. Property names are camelCase here and snake_case in the file. */
  readonly defaults: T;
  /** Checks the whole. The messages of its values say what is allowed (see `config_values.ts`). */
  readonly schema: z.ZodType<T>;
  /** What must hold between values; each refusal is told at the place of its key. */
  readonly rules: (value: T) => readonly { readonly key: string; readonly text: string }[];
  /** Former keys that are still understood. */
  readonly renamed: ReadonlyMap<string, string>;
  /** Former keys, or sections, that are not; with a sentence that says what to do. */
  readonly retired: ReadonlyMap<string, string>;
  /** Environment variables; of two that set the same key, the later in this list wins. */
  readonly environment: readonly EnvironmentVariable[];
}

/** The places values come from, the weaker first. */
export interface ConfigSources {
  readonly file: ConfigFile | undefined;
  /** Reads an environment variable. */
  readonly environment: (name: string) => string | undefined;
  readonly flags: readonly {
    readonly name: string;
    readonly key: string;
    readonly value: string;
  }[];
}

/** A configuration that passed, and where each of its values comes from, by key, in order. */
export interface LoadedConfig<T> {
  readonly value: T;
  readonly origins: ReadonlyMap<string, Origin>;
}

/**
 * Puts a configuration together: defaults, then the file, the environment, the flags. Refuses with
 * every problem there is, as lines to print, in the order of the file.
 */
export function loadConfig<T extends object>(
  definition: ConfigDefinition<T>,
  sources: ConfigSources,
): Outcome<LoadedConfig<T>, readonly string[]> {
  const loader = new Loader(definition);
  if (sources.file !== undefined) loader.takeFile(sources.file);
  loader.takeEnvironment(sources.environment);
  for (const { name, key, value } of sources.flags) {
    loader.assign(key, value, { from: "flag", name });
  }
  return loader.finish();
}

/** An origin as a person reads it: `relay.yaml:3`, `environment RELAY_ADDR`, `--address`, `default`. */
export function originText(origin: Origin): string {
  switch (origin.from) {
    case "default":
      return "default";
    case "file":
      return `${origin.at.file}:${origin.at.line}`;
    case "environment":
      return `environment ${origin.name}`;
    case "flag":
      return origin.name;
  }
}

interface Problem {
  readonly origin: Origin;
  readonly text: string;
}

class Loader<T extends object> {
  readonly #definition: ConfigDefinition<T>;
  readonly #keys: ReturnType<typeof keysOf>;
  readonly #candidate: Record<string, unknown>;
  readonly #origins = new Map<string, Origin>();
  readonly #problems: Problem[] = [];
  #positions: ReadonlyMap<string, FilePosition> = new Map();

  constructor(definition: ConfigDefinition<T>) {
    this.#definition = definition;
    this.#keys = keysOf(definition.defaults);
    this.#candidate = structuredClone(definition.defaults) as Record<string, unknown>;
    for (const key of this.#keys.values.keys()) this.#origins.set(key, { from: "default" });
  }

  takeFile(file: ConfigFile): void {
    const tree = readConfigTree(file, this.#keys, this.#definition);
    this.#positions = tree.positions;
    for (const { at, text } of tree.problems) {
      this.#problems.push({ origin: { from: "file", at }, text });
    }
    for (const [key, value] of tree.values) {
      this.assign(key, value, { from: "file", at: tree.positions.get(key)! });
    }
  }

  takeEnvironment(read: (name: string) => string | undefined): void {
    const { assignments, problems } = readEnvironment(this.#definition.environment, read);
    for (const { name, text } of problems) {
      this.#problems.push({ origin: { from: "environment", name }, text });
    }
    for (const { name, key, value } of assignments) {
      this.assign(key, value, { from: "environment", name });
    }
  }

  assign(key: string, value: unknown, origin: Origin): void {
    const path = this.#keys.values.get(key);
    if (path === undefined) throw new Error(`Cannot set ${key}: there is no such key`);
    let section = this.#candidate;
    for (const name of path.slice(0, -1)) section = section[name] as Record<string, unknown>;
    const last = path.at(-1)!;
    // Environment and flags are text; what is no number stays text, for the schema to refuse.
    section[last] = origin.from === "file" ? value : fromText(value, section[last]);
    this.#origins.set(key, origin);
  }

  finish(): Outcome<LoadedConfig<T>, readonly string[]> {
    const result = this.#definition.schema.safeParse(this.#candidate);
    if (!result.success) this.#refuse(result.error.issues);
    else if (this.#problems.length === 0) this.#checkRules(result.data);
    if (!result.success || this.#problems.length > 0) {
      return refused(this.#problems.sort(byPlace).map(problemLine));
    }
    return done({ value: result.data, origins: this.#origins });
  }

  #refuse(issues: readonly z.core.$ZodIssue[]): void {
    const told = new Set<string>();
    for (const issue of issues) {
      const key = this.#keyOf(issue.path.map(String));
      if (told.has(key)) continue;
      told.add(key);
      const value = issue.path.reduce<unknown>(
        (inner, name) => (inner as Record<PropertyKey, unknown> | undefined)?.[name],
        this.#candidate,
      );
      const text = `${key}: found ${found(value)}, allowed ${issue.message}`;
      this.#problems.push({ origin: this.#originOf(key), text });
    }
  }

  // Names inside a value that is a map are its own, and are told as the file spells them.
  #keyOf(path: readonly string[]): string {
    let isInside = false;
    return path.reduce((key, name) => {
      isInside ||= this.#keys.values.has(key);
      return joinKey(key, isInside ? name : fileName(name));
    }, "");
  }

  #checkRules(value: T): void {
    for (const { key, text } of this.#definition.rules(value)) {
      this.#problems.push({ origin: this.#originOf(key), text: `${key}: ${text}` });
    }
  }

  // Of a list's item: the item's own place if it is in the file, else where the list comes from.
  #originOf(key: string): Origin {
    let outer = key;
    while (!this.#origins.has(outer) && outer !== "") {
      outer = outer.slice(0, Math.max(0, outer.lastIndexOf(".")));
    }
    const origin = this.#origins.get(outer) ?? { from: "default" };
    const at = this.#positions.get(key);
    return origin.from === "file" && at !== undefined ? { from: "file", at } : origin;
  }
}

function fromText(value: unknown, like: unknown): unknown {
  if (typeof value !== "string") return value;
  if (typeof like === "number") return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof like === "boolean") return value === "true" || (value === "false" ? false : value);
  if (Array.isArray(like)) return value.split(",").map((item) => item.trim());
  return value;
}

function problemLine({ origin, text }: Problem): string {
  switch (origin.from) {
    case "default":
      return text;
    case "file":
      return `${origin.at.file}:${origin.at.line}:${origin.at.column}: ${text}`;
    case "environment":
    case "flag":
      return `${origin.name}: ${text}`;
  }
}

const PLACES = ["file", "environment", "flag", "default"];

function byPlace(a: Problem, b: Problem): number {
  if (a.origin.from === "file" && b.origin.from === "file") {
    return a.origin.at.line - b.origin.at.line || a.origin.at.column - b.origin.at.column;
  }
  return PLACES.indexOf(a.origin.from) - PLACES.indexOf(b.origin.from);
}

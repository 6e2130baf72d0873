import type { z } from "zod";
import { type ConfigDefinition, ONCE } from "./config_definition.ts";
import { type Environment, readEnvironment } from "./config_environment.ts";
import { issueFaults, type KeyFault } from "./config_issues.ts";
import { fileName, joinKey, keysOf } from "./config_keys.ts";
import { byPlace, type Origin, type Remark, remarkLine } from "./config_place.ts";
import type { ConfigFile, FilePosition } from "./config_tree.ts";
import { itemsOf } from "./config_values.ts";
import { done, type Outcome, refused } from "./outcome.ts";

/** The places values come from, the weaker first. */
export interface ConfigSources {
  readonly file: ConfigFile | undefined;
  readonly environment: Environment;
  readonly flags: readonly {
    readonly name: string;
    readonly key: string;
    readonly value: string;
  }[];
}

/** A configuration that passed, and where each of its values comes from. */
export interface LoadedConfig<T> {
  readonly value: T;
  /** By key, in order. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** Warnings about ignored values, as lines to print. */
  readonly warnings: readonly string[];
  /** Formats a fault of a key as a line to print, which begins with the place of its value. */
  line(fault: KeyFault): string;
}

/**
 * Loads a configuration: defaults, then the file, the environment, the flags. Refuses it with all
 * of its problems, as lines to print, in the order of the file.
 */
export async function loadConfig<T extends object>(
  definition: ConfigDefinition<T>,
  sources: ConfigSources,
): Promise<Outcome<LoadedConfig<T>, readonly string[]>> {
  const loader = new Loader(definition);
  if (sources.file !== undefined) await loader.takeFile(sources.file);
  loader.takeEnvironment(sources.environment);
  for (const { name, key, value } of sources.flags) {
    loader.assign(key, value, { from: "flag", name });
  }
  return loader.finish();
}

class Loader<T extends object> {
  readonly #definition: ConfigDefinition<T>;
  readonly #keys: ReturnType<typeof keysOf>;
  readonly #candidate: Record<string, unknown>;
  readonly #origins = new Map<string, Origin>();
  readonly #problems: Remark[] = [];
  readonly #warnings: Remark[] = [];
  #positions: ReadonlyMap<string, FilePosition> = new Map();

  constructor(definition: ConfigDefinition<T>) {
    this.#definition = definition;
    this.#keys = keysOf(definition.defaults);
    this.#candidate = structuredClone(definition.defaults) as Record<string, unknown>;
    for (const key of this.#keys.values.keys()) this.#origins.set(key, { from: "default" });
  }

  async takeFile(file: ConfigFile): Promise<void> {
    // Loaded where it is needed: reading YAML takes 4 MiB, and a container may have variables alone.
    const { readConfigTree } = await import("./config_tree.ts");
    const tree = readConfigTree(file, this.#keys, this.#definition);
    this.#positions = tree.positions;
    for (const { at, text } of tree.problems) {
      this.#problems.push({ origin: { from: "file", at }, text });
    }
    for (const { at, text } of tree.warnings) {
      this.#warnings.push({ origin: { from: "file", at }, text });
    }
    for (const [key, value] of tree.values) {
      this.assign(key, value, { from: "file", at: tree.positions.get(key)! });
    }
  }

  takeEnvironment(environment: Environment): void {
    const { assignments, problems, warnings } = readEnvironment(
      this.#definition.environment,
      environment,
    );
    const remark = ({ name, text }: { name: string; text: string }): Remark => ({
      origin: { from: "environment", name },
      text,
    });
    this.#problems.push(...problems.map(remark));
    this.#warnings.push(...warnings.map(remark));
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
    // Environment and flags are text; text that is not a number stays text for the schema.
    section[last] = origin.from === "file" ? value : fromText(value, section[last]);
    this.#origins.set(key, origin);
  }

  finish(): Outcome<LoadedConfig<T>, readonly string[]> {
    const result = this.#definition.schema.safeParse(this.#candidate, ONCE);
    if (!result.success) this.#refuse(result.error.issues);
    else if (this.#problems.length === 0) {
      for (const fault of this.#definition.rules(result.data)) this.#add(fault, true);
    }
    const warnings = this.#warnings.sort(byPlace).map(remarkLine);
    if (!result.success || this.#problems.length > 0) {
      return refused([...this.#problems.sort(byPlace).map(remarkLine), ...warnings]);
    }
    const line = ({ key, text }: KeyFault) =>
      remarkLine({ origin: this.#originOf(key), text: `${key}: ${text}` });
    return done({ value: result.data, origins: this.#origins, warnings, line });
  }

  #refuse(issues: readonly z.core.$ZodIssue[]): void {
    const told = new Set<string>();
    for (const issue of issues) {
      const key = this.#keyOf(issue.path.map(String));
      if (told.has(`${key} ${issue.code === "unrecognized_keys"}`)) continue;
      told.add(`${key} ${issue.code === "unrecognized_keys"}`);
      const value = issue.path.reduce<unknown>(
        (inner, name) => (inner as Record<PropertyKey, unknown> | undefined)?.[name],
        this.#candidate,
      );
      for (const fault of issueFaults(issue, { key, value })) this.#add(fault, false);
    }
  }

  #add({ key, text }: KeyFault, withKey: boolean): void {
    this.#problems.push({
      origin: this.#originOf(key),
      text: withKey ? `${key}: ${text}` : text,
    });
  }

  // Names inside a value that is a map are not keys, and are reported as the file spells them.
  #keyOf(path: readonly string[]): string {
    let isInside = false;
    return path.reduce((key, name) => {
      isInside ||= this.#keys.values.has(key);
      return joinKey(key, isInside ? name : fileName(name));
    }, "");
  }

  // The place of a list's item: its own if it is in the file, else that of the list.
  #originOf(key: string): Origin {
    let outer = key;
    while (!this.#origins.has(outer) && outer !== "") {
      outer = outer.slice(0, Math.max(0, outer.lastIndexOf(".")));
    }
    const origin = this.#origins.get(outer) ?? { from: "default" };
    if (origin.from !== "file") return origin;
    let inner = key;
    // A missing key of an item is reported at the item.
    while (inner !== outer && !this.#positions.has(inner)) {
      inner = inner.slice(0, inner.lastIndexOf("."));
    }
    const at = this.#positions.get(inner);
    return at === undefined ? origin : { from: "file", at };
  }
}

function fromText(value: unknown, like: unknown): unknown {
  if (typeof value !== "string") return value;
  if (typeof like === "number") return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof like === "boolean") return value === "true" || (value === "false" ? false : value);
  if (Array.isArray(like)) return itemsOf(value);
  return value;
}

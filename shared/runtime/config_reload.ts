import type { LoadedConfig } from "./config_file.ts";
import { keysOf, valueAt } from "./config_keys.ts";
import { originText } from "./config_place.ts";
import { shownValue } from "./config_secrets.ts";
import type { Log } from "./log.ts";
import { messageOf } from "./message_of.ts";
import type { Outcome } from "./outcome.ts";

/** Keys whose values a running program can take anew. */
export interface LiveKeys<T> {
  readonly keys: readonly string[];
  /** Keys that the values belong to: where one of these waits for a restart, these keys do too. */
  readonly dependsOn?: readonly string[];
  /** Whether files that the values name are to be read again even if no key has changed. */
  readonly readsFiles?: boolean;
  /**
   * Makes the new values ready and returns what puts them in force, which must not throw. Rejects
   * when they cannot be used: then nothing changes, not even other keys.
   */
  readonly prepare: (config: T) => Promise<() => void> | (() => void);
}

/** Configurations that were read while the program ran, by what came of them. */
export type ReloadCounts = Record<"ok" | "refused", number>;

/** What {@linkcode ConfigReload} works with. */
export interface ReloadParts<T> {
  /** The configuration that the program began with. */
  readonly loaded: LoadedConfig<T>;
  /** Reads the configuration from the same places again. */
  readonly load: () => Promise<Outcome<LoadedConfig<T>, readonly string[]>>;
  readonly log: Log;
}

/**
 * Takes over what has changed in the configuration while the program runs. One that cannot be used
 * changes nothing.
 */
export class ConfigReload<T extends object> {
  readonly counts: ReloadCounts = { ok: 0, refused: 0 };
  readonly #parts: ReloadParts<T>;
  readonly #live: LiveKeys<T>[] = [];
  /** The value of each key that is in force, as JSON; secrets are not left out. */
  readonly #inForce: Map<string, string>;
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: ReloadParts<T>) {
    this.#parts = parts;
    this.#inForce = valuesOf(parts.loaded.value);
  }

  /** Lets the program take these keys anew. */
  follow(...live: readonly LiveKeys<T>[]): void {
    this.#live.push(...live);
  }

  /** Reads the configuration again, one time after the other. Never rejects. */
  run(): Promise<void> {
    return this.#turn = this.#turn.then(() => this.#run());
  }

  async #run(): Promise<void> {
    const next = await this.#parts.load();
    if (!next.ok) return this.#refuse(next.refusal);
    const values = valuesOf(next.value.value);
    const changed = new Set(
      [...values].filter(([key, value]) => this.#inForce.get(key) !== value).map(([key]) => key),
    );
    const ready = this.#live.filter((live) => canApply(live, changed));
    const isApplied = new Set(ready.flatMap(({ keys }) => keys));
    const acts: (() => void)[] = [];
    try {
      for (const { keys, readsFiles, prepare } of ready) {
        if (readsFiles !== true && !keys.some((key) => changed.has(key))) continue;
        acts.push(await prepare(next.value.value));
      }
    } catch (error) {
      return this.#refuse([messageOf(error)]);
    }
    for (const act of acts) act();
    this.counts.ok++;
    for (const key of changed) this.#report(next.value, key, isApplied.has(key), values);
    for (const warning of next.value.warnings) this.#parts.log.warn(warning);
    const waiting = [...changed].filter((key) => !isApplied.has(key)).length;
    this.#parts.log.info("configuration read again", {
      applied: changed.size - waiting,
      need_restart: waiting,
    });
  }

  #refuse(problems: readonly string[]): void {
    this.counts.refused++;
    for (const problem of problems) {
      this.#parts.log.error("new configuration refused, the old one stays in use", { problem });
    }
  }

  #report(
    { value, origins }: LoadedConfig<T>,
    key: string,
    isApplied: boolean,
    values: ReadonlyMap<string, string>,
  ): void {
    const { log } = this.#parts;
    const origin = origins.get(key);
    const fields = {
      key,
      value: shownValue(key, valueAt(value, keysOf(value).values.get(key)!)),
      ...(origin !== undefined && { from: originText(origin) }),
    };
    if (!isApplied) return log.warn("configuration key needs a restart", fields);
    this.#inForce.set(key, values.get(key)!);
    log.info("configuration key applied", fields);
  }
}

/** Whether nothing that these keys belong to waits for a restart. */
function canApply<T>({ keys, dependsOn = [] }: LiveKeys<T>, changed: ReadonlySet<string>): boolean {
  return !dependsOn.some((key) => changed.has(key) && !keys.includes(key));
}

/** Every value as JSON, by which two configurations are compared. */
function valuesOf(config: object): Map<string, string> {
  return new Map(
    Array.from(keysOf(config).values, ([key, path]) => [key, comparable(valueAt(config, path))]),
  );
}

function comparable(value: unknown): string {
  return JSON.stringify(value, (_, inner) => inner instanceof Map ? [...inner] : inner);
}

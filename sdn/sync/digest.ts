import { createHash } from "node:crypto";
import type { Registry, RelayState } from "../registry/mod.ts";
import { recordText } from "./merge.ts";

/** Buckets of relays, to find differences without listing every relay. */
export const DIGEST_BUCKETS = 256;

/**
 * A hash of a relay's replicated state. Heartbeats do not change it, nor do withdrawn tracks and
 * expired relays.
 */
export function stateHash({ life, alive }: RelayState): string {
  const tracks = [...alive?.tracks ?? []].filter(([, track]) => track.present)
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([track, { version }]) => [track, version.seq, version.by]);
  const drain = alive?.drain && [alive.drain.version.seq, alive.drain.version.by, alive.drain.on];
  const version = alive && [alive.record.version.seq, alive.record.version.by];
  return hash(
    JSON.stringify([
      life.epoch,
      life.number,
      alive ? recordText(alive.record) : null,
      version ?? null,
      drain ?? null,
      tracks,
    ]),
  );
}

/** A relay's bucket. */
function bucketOf(name: string): number {
  return createHash("sha256").update(name).digest()[0] as number;
}

/** The digests of a registry's replicated state, updated incrementally. */
export class Digest {
  readonly #registry: Registry;
  readonly #hashes = new Map<string, { touched: number; hash: string; bucket: number }>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** The hash of each bucket, in order; empty for a bucket without relays. */
  buckets(): string[] {
    return this.#collect().map((group) =>
      group.size === 0 ? "" : hash(JSON.stringify([...group].sort(([a], [b]) => a < b ? -1 : 1)))
    );
  }

  /** The hash of each relay in a bucket, by name. */
  bucket(number: number): ReadonlyMap<string, string> {
    return this.#collect()[number] ?? new Map();
  }

  #collect(): Map<string, string>[] {
    const groups = Array.from({ length: DIGEST_BUCKETS }, () => new Map<string, string>());
    const seen = new Set<string>();
    for (const name of [...this.#registry.relays.keys(), ...this.#registry.tombstones.keys()]) {
      const touched = this.#registry.relays.get(name)?.touched ?? -1;
      const known = this.#hashes.get(name);
      const fresh = known?.touched === touched && touched >= 0 ? known : this.#hash(name, touched);
      if (fresh === undefined) continue;
      seen.add(name);
      groups[fresh.bucket]?.set(name, fresh.hash);
    }
    for (const name of this.#hashes.keys()) if (!seen.has(name)) this.#hashes.delete(name);
    return groups;
  }

  #hash(name: string, touched: number) {
    const state = this.#registry.state(name);
    if (state === undefined) return undefined;
    const fresh = { touched, hash: stateHash(state), bucket: bucketOf(name) };
    this.#hashes.set(name, fresh);
    return fresh;
  }
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

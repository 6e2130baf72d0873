import { createHash } from "node:crypto";
import type { Registry, RelayState } from "../registry/mod.ts";
import { recordText } from "./merge.ts";

/** Into how many groups relays are divided, to find differences without naming every relay. */
export const DIGEST_BUCKETS = 256;

/**
 * A fingerprint of what is known of a relay. Heartbeats do not change it, nor does what is only
 * remembered so that it does not come back: two controllers that agree on what is there agree.
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

/** The group of a relay. */
function bucketOf(name: string): number {
  return createHash("sha256").update(name).digest()[0] as number;
}

/** The fingerprints of everything that a registry tells other controllers, kept up to date. */
export class Digest {
  readonly #registry: Registry;
  readonly #hashes = new Map<string, { touched: number; hash: string; bucket: number }>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** The fingerprint of each group, in order; empty for a group without relays. */
  buckets(): string[] {
    return this.#collect().map((group) =>
      group.size === 0 ? "" : hash(JSON.stringify([...group].sort(([a], [b]) => a < b ? -1 : 1)))
    );
  }

  /** The fingerprint of each relay in a group, by name. */
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

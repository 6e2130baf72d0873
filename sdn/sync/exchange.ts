import type { Adoption, Registry, RelayState } from "../registry/mod.ts";
import { Digest } from "./digest.ts";
import { mergeRelay } from "./merge.ts";
import type { DigestAnswer, SyncMessage } from "./message.ts";
import { fromWire, type Reads, toWire, type WireState } from "./wire.ts";

/** The dependencies of {@linkcode Exchange}. */
export interface ExchangeOptions {
  readonly registry: Registry;
  readonly leaseMs: number;
  readonly now: () => number;
  /** Expires leases that are over. */
  readonly expire: () => void;
  /** Applies and stores merged states. */
  readonly adopt: (adoptions: readonly Adoption[]) => Promise<void>;
}

/** The overlap of lease reports, in milliseconds: changes during an exchange are sent again. */
const LEASE_OVERLAP_MS = 2000;

/**
 * One controller's side of the replication protocol (anti-entropy): compare digests, send, merge.
 */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #digest: Digest;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#digest = new Digest(options.registry);
  }

  /** This controller's hashes by bucket. */
  buckets(): string[] {
    this.#options.expire();
    return this.#digest.buckets();
  }

  /** Compares another controller's hashes with the local ones. */
  compare(theirs: readonly string[]): DigestAnswer {
    const ours = this.buckets();
    const differing = ours.flatMap((hash, bucket) =>
      hash === theirs[bucket]
        ? []
        : [[String(bucket), Object.fromEntries(this.#digest.bucket(bucket))] as const]
    );
    return { differing: Object.fromEntries(differing) };
  }

  /** The relays whose state differs between the two controllers. */
  differences({ differing }: DigestAnswer): string[] {
    return Object.entries(differing).flatMap(([bucket, theirs]) => {
      const ours = this.#digest.bucket(Number(bucket));
      const names = new Set([...ours.keys(), ...Object.keys(theirs)]);
      return [...names].filter((name) =>
        ours.get(name) !== new Map(Object.entries(theirs)).get(name)
      );
    });
  }

  /** The local state of these relays, for a peer that reads so much. */
  tell(names: Iterable<string>, reads: Reads): WireState[] {
    this.#options.expire();
    const now = this.#options.now();
    return [...new Set(names)].flatMap((name) => {
      const adoption = this.#options.registry.adoption(name, now);
      return adoption === undefined ? [] : [toWire(adoption, now, reads)];
    });
  }

  /** The names of all relays with replicated state. */
  names(): string[] {
    const { relays, tombstones } = this.#options.registry;
    return [...relays.keys(), ...tombstones.keys()];
  }

  /** The leases renewed in the last `since` milliseconds; all leases when it is undefined. */
  leases(since: number | undefined): SyncMessage["leases"] {
    const { registry, leaseMs } = this.#options;
    const now = this.#options.now();
    const oldest = since === undefined ? -Infinity : now - since - LEASE_OVERLAP_MS;
    return [...registry.relays].flatMap(([name, { beat, record: { version } }]) => {
      const end = registry.leaseEnd(name) ?? now;
      if (end - leaseMs < oldest || end <= now) return [];
      const { epoch, number } = version;
      return [{ name, epoch, number, beat, remaining_ms: end - now }];
    });
  }

  /** Merges another controller's states and leases into the local state. */
  async take({ states, leases }: Pick<SyncMessage, "states" | "leases">): Promise<void> {
    this.#options.expire();
    const now = this.#options.now();
    const told = new Map<string, Adoption>();
    for (const wire of states) {
      const { state, remaining } = fromWire(wire, now);
      const other = told.get(state.name);
      told.set(state.name, {
        state: other === undefined ? state : mergeRelay(other.state, state),
        remaining: Math.max(remaining, other?.remaining ?? 0),
      });
    }
    for (const lease of leases) this.#takeLease(lease, told);
    const merged = [...told.values()].map(({ state, remaining }) => {
      const own = this.#options.registry.state(state.name);
      return { state: own === undefined ? state : mergeRelay(own, state), remaining };
    });
    if (merged.length > 0) await this.#options.adopt(merged);
  }

  /** A lease without a state renews the same life here, and changes nothing else. */
  #takeLease(lease: SyncMessage["leases"][number], told: Map<string, Adoption>): void {
    const { name, epoch, number, beat, remaining_ms: remaining } = lease;
    if (told.has(name)) return;
    const own: RelayState | undefined = this.#options.registry.state(name);
    if (own?.alive === undefined) return;
    if (own.life.epoch !== epoch || own.life.number !== number) return;
    told.set(name, { state: { ...own, beat: Math.max(own.beat, beat) }, remaining });
  }
}

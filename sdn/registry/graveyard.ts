import { DeadlineHeap } from "./deadline_heap.ts";
import { MAX_KNOWN_ENDS } from "./limits.ts";
import type { Tombstone } from "./model.ts";

/** Tombstones of relays, each kept for a while; the oldest are evicted at the limit. */
export class Graveyard {
  readonly #tombstones = new Map<string, Tombstone>();
  /** In order of time, the newest last. */
  readonly #known = new Map<string, Tombstone>();
  readonly #ends = new DeadlineHeap();
  readonly #lifetime: number;
  readonly #limit: number;

  /** Keeps up to `limit` tombstones, each for `lifetime` milliseconds. */
  constructor(lifetime: number, limit: number) {
    this.#lifetime = lifetime;
    this.#limit = limit;
  }

  /** When the next tombstone expires. */
  get next(): number | undefined {
    return this.#ends.next;
  }

  /** The tombstones that have not expired. */
  get tombstones(): ReadonlyMap<string, Tombstone> {
    return this.#tombstones;
  }

  /** How relays ended, beyond the lifetime of their tombstones: for display only. */
  get known(): ReadonlyMap<string, Tombstone> {
    return this.#known;
  }

  /** The tombstone of a relay, if it has one. */
  get(name: string): Tombstone | undefined {
    return this.#tombstones.get(name);
  }

  /** Adds a tombstone, replacing an earlier one of the same relay. */
  bury(tombstone: Tombstone): void {
    this.#tombstones.set(tombstone.name, tombstone);
    this.#known.delete(tombstone.name);
    this.#known.set(tombstone.name, tombstone);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN_ENDS && oldest !== undefined) this.#known.delete(oldest);
    this.#ends.set(tombstone.name, tombstone.endedAt + this.#lifetime);
    if (this.#tombstones.size > this.#limit) this.#forget(this.#ends.take(Infinity));
  }

  /** Removes the tombstone of a relay that lives again. */
  remove(name: string): void {
    this.#ends.delete(name);
    this.#tombstones.delete(name);
    this.#known.delete(name);
  }

  /** Removes the tombstones that expired by `now`. */
  expire(now: number): void {
    for (let name = this.#ends.take(now); name !== undefined; name = this.#ends.take(now)) {
      this.#forget(name);
    }
  }

  #forget(name: string | undefined): void {
    if (name !== undefined) this.#tombstones.delete(name);
  }
}

import { DeadlineHeap } from "./deadline_heap.ts";
import { MAX_KNOWN_ENDS } from "./limits.ts";
import type { Tombstone } from "./model.ts";

/** The ends of relays, each remembered for a while, the oldest forgotten first when they are many. */
export class Graveyard {
  readonly #tombstones = new Map<string, Tombstone>();
  /** The newest last. */
  readonly #known = new Map<string, Tombstone>();
  readonly #ends = new DeadlineHeap();
  readonly #lifetime: number;
  readonly #limit: number;

  /** Remembers up to `limit` ends, each for `lifetime` milliseconds. */
  constructor(lifetime: number, limit: number) {
    this.#lifetime = lifetime;
    this.#limit = limit;
  }

  /** When the next one is forgotten. */
  get next(): number | undefined {
    return this.#ends.next;
  }

  /** The ends that are remembered. */
  get tombstones(): ReadonlyMap<string, Tombstone> {
    return this.#tombstones;
  }

  /**
   * How relays ended, also of those whose end is old enough to be overruled: for whoever is asked
   * what became of one.
   */
  get known(): ReadonlyMap<string, Tombstone> {
    return this.#known;
  }

  /** How the relay of this name ended last, if that is remembered. */
  get(name: string): Tombstone | undefined {
    return this.#tombstones.get(name);
  }

  /** Remembers an end, in place of an earlier one of the same relay. */
  bury(tombstone: Tombstone): void {
    this.#tombstones.set(tombstone.name, tombstone);
    this.#known.delete(tombstone.name);
    this.#known.set(tombstone.name, tombstone);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN_ENDS && oldest !== undefined) this.#known.delete(oldest);
    this.#ends.set(tombstone.name, tombstone.endedAt + this.#lifetime);
    if (this.#tombstones.size > this.#limit) this.#forget(this.#ends.take(Infinity));
  }

  /** Forgets a relay's end, because it lives again. */
  remove(name: string): void {
    this.#ends.delete(name);
    this.#tombstones.delete(name);
    this.#known.delete(name);
  }

  /** Forgets what was to be remembered until `now`. */
  expire(now: number): void {
    for (let name = this.#ends.take(now); name !== undefined; name = this.#ends.take(now)) {
      this.#forget(name);
    }
  }

  #forget(name: string | undefined): void {
    if (name !== undefined) this.#tombstones.delete(name);
  }
}

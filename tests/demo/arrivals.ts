/**
 * Which objects of a track came and which did not. Groups travel on streams of their own, so objects
 * may overtake each other; one is lost when it is still not there after a while.
 */
export class Arrivals {
  readonly #groupObjects: number;
  // Numbers that were overtaken, and when that was noticed.
  readonly #missing = new Map<number, number>();
  #next: number | undefined;
  #count = 0;

  /** The track's objects are numbered over all groups, `groupObjects` in each. */
  constructor(groupObjects: number) {
    this.#groupObjects = groupObjects;
  }

  /** Objects that came, each counted once. */
  get count(): number {
    return this.#count;
  }

  /** The number behind the largest that came; 0 when none did. */
  get next(): number {
    return this.#next ?? 0;
  }

  /** An object came; false when it had come before, or belongs before the first group. */
  add(number: number, now: number): boolean {
    // Who joins gets the group that is under way from its beginning.
    this.#next ??= number - number % this.#groupObjects;
    if (number < this.#next && !this.#missing.delete(number)) return false;
    for (; this.#next < number; this.#next++) this.#missing.set(this.#next, now);
    if (number === this.#next) this.#next++;
    this.#count++;
    return true;
  }

  /** Objects that were overtaken before this time and have not come. */
  missingSince(time: number): number {
    let missing = 0;
    for (const noticed of this.#missing.values()) if (noticed <= time) missing++;
    return missing;
  }
}

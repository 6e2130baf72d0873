import { MAX_COUNTED_GROUPS } from "./limits.ts";

/** Counts each group of a track once, within the window of remembered groups. */
export class GroupCount {
  readonly #known = new Set<bigint>();
  #last: bigint | undefined;

  /** Whether a group is seen for the first time. */
  begins(group: bigint): boolean {
    if (group === this.#last) return false;
    this.#last = group;
    if (this.#known.has(group)) return false;
    this.#known.add(group);
    if (this.#known.size > MAX_COUNTED_GROUPS) {
      const [oldest] = this.#known;
      this.#known.delete(oldest!);
    }
    return true;
  }
}

import { MAX_COUNTED_GROUPS } from "./limits.ts";

/** Tells which groups of a track begin: each once, as long as not too many others came since. */
export class GroupCount {
  readonly #known = new Set<bigint>();
  #last: bigint | undefined;

  /** Whether this is the first that is seen of a group. */
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

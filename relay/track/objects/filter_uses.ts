import { MAX_FILTERS_OF_A_TRACK } from "../limits.ts";
import type { ObjectFilter } from "./object_filter.ts";

/**
 * The filters that the subscribers of one track have. Each that tells objects of a subgroup apart
 * costs a copy of what passes, which those with the same filter share: so there are not many.
 */
export class FilterUses {
  readonly #uses = new Map<string, number>();

  /** Whether one more subscriber may have this filter. */
  hasRoom(filter: ObjectFilter | undefined): boolean {
    if (filter?.isWithinSubgroups !== true || this.#uses.has(filter.key)) return true;
    return this.#uses.size < MAX_FILTERS_OF_A_TRACK;
  }

  /** A subscriber has this filter, until the returned function is called. */
  take(filter: ObjectFilter | undefined): () => void {
    if (filter?.isWithinSubgroups !== true) return () => {};
    const { key } = filter;
    this.#uses.set(key, (this.#uses.get(key) ?? 0) + 1);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      const left = this.#uses.get(key)! - 1;
      if (left === 0) this.#uses.delete(key);
      else this.#uses.set(key, left);
    };
  }
}

import { hasPrefix, type Namespace } from "@qumo/shared/wire";
import type { Refusal } from "../../track/mod.ts";

/** The place of one request among the prefixes that a session watches. */
export interface PrefixSlot {
  /** Takes another prefix instead; a refusal when that overlaps with one of another request. */
  move(prefix: Namespace): Refusal | undefined;
  /** The request ended. */
  release(): void;
}

/** The prefixes that one peer watches with one kind of request: none may overlap with another. */
export class Prefixes {
  readonly #taken = new Map<PrefixSlot, Namespace>();

  get size(): number {
    return this.#taken.size;
  }

  /** Takes a place for a prefix, or says why there is none. */
  take(prefix: Namespace): PrefixSlot | Refusal {
    const overlap = this.#overlap(prefix, undefined);
    if (overlap !== undefined) return overlap;
    const slot: PrefixSlot = {
      move: (prefix) => {
        const overlap = this.#overlap(prefix, slot);
        if (overlap === undefined) this.#taken.set(slot, prefix);
        return overlap;
      },
      release: () => void this.#taken.delete(slot),
    };
    this.#taken.set(slot, prefix);
    return slot;
  }

  #overlap(prefix: Namespace, except: PrefixSlot | undefined): Refusal | undefined {
    for (const [slot, taken] of this.#taken) {
      if (slot === except || !(hasPrefix(prefix, taken) || hasPrefix(taken, prefix))) continue;
      return { kind: "prefix_overlap", reason: "the session watches an overlapping prefix" };
    }
    return undefined;
  }
}

import { hasPrefix, type Namespace } from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";

/** The place of one request among the prefixes that a session watches. */
export interface PrefixSlot {
  /** Takes another prefix instead; a refusal when that overlaps with one of another request. */
  move(prefix: Namespace): Promise<Refusal | undefined>;
  /** The request ended. */
  release(): void;
}

/** A prefix that a request has, and how it is asked whether the peer has cancelled it. */
interface Taken {
  prefix: Namespace;
  readonly isCancelled: () => Promise<boolean>;
}

/** The prefixes that one peer watches with one kind of request: none may overlap with another. */
export class Prefixes {
  readonly #taken = new Map<PrefixSlot, Taken>();

  get size(): number {
    return this.#taken.size;
  }

  /** Takes a place for a prefix, or says why there is none. */
  async take(
    prefix: Namespace,
    isCancelled: () => Promise<boolean>,
  ): Promise<PrefixSlot | Refusal> {
    const overlap = await this.#makeRoom(prefix);
    if (overlap !== undefined) return overlap;
    const slot: PrefixSlot = {
      move: async (prefix) => {
        const overlap = await this.#makeRoom(prefix, slot);
        const taken = this.#taken.get(slot);
        if (overlap === undefined && taken !== undefined) taken.prefix = prefix;
        return overlap;
      },
      release: () => void this.#taken.delete(slot),
    };
    this.#taken.set(slot, { prefix, isCancelled });
    return slot;
  }

  /** What is in the way may be what the peer has cancelled, which is noticed when it is asked. */
  async #makeRoom(prefix: Namespace, except?: PrefixSlot): Promise<Refusal | undefined> {
    const inTheWay = this.#overlapping(prefix, except);
    if (inTheWay.length === 0) return undefined;
    await Promise.all(inTheWay.map(async ([slot, { isCancelled }]) => {
      if (await isCancelled()) slot.release();
    }));
    return this.#overlapping(prefix, except).length === 0 ? undefined : OVERLAP;
  }

  #overlapping(prefix: Namespace, except: PrefixSlot | undefined): [PrefixSlot, Taken][] {
    return [...this.#taken].filter(([slot, taken]) =>
      slot !== except && (hasPrefix(prefix, taken.prefix) || hasPrefix(taken.prefix, prefix))
    );
  }
}

const OVERLAP: Refusal = {
  kind: "prefix_overlap",
  reason: "the session watches an overlapping prefix",
};

import { hasPrefix, type Namespace } from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";

/** The entry of one request among the prefixes of a session. */
export interface PrefixSlot {
  /** Changes the prefix; a refusal when it overlaps with another request's. */
  move(prefix: Namespace): Promise<Refusal | undefined>;
  /** Removes the entry. */
  release(): void;
}

/** A request's prefix, and the stream to probe for a cancellation. */
interface Taken {
  prefix: Namespace;
  readonly isCancelled: () => Promise<boolean>;
}

/** The prefixes that one peer subscribes to by one kind of request; no two may overlap. */
export class Prefixes {
  readonly #taken = new Map<PrefixSlot, Taken>();

  get size(): number {
    return this.#taken.size;
  }

  /** Adds a prefix, or returns why it is refused. */
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

  /** An overlapping request may have been cancelled by the peer, which only a probe detects. */
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

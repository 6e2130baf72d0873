import type { DropReason } from "../../vocabulary.ts";

/** Which drops of a track were told of: each reason once, however often it happens. */
export class ToldDrops {
  readonly #told = new Set<DropReason>();

  /** Whether this is the first drop of the track for this reason. */
  isFirst(reason: DropReason): boolean {
    if (this.#told.has(reason)) return false;
    this.#told.add(reason);
    return true;
  }
}

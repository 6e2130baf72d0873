import type { DropReason } from "../../vocabulary/mod.ts";

/** The drop reasons that were logged for a track, to log each once. */
export class LoggedDrops {
  readonly #reasons = new Set<DropReason>();

  /** Whether this is the track's first drop for this reason. */
  isFirst(reason: DropReason): boolean {
    if (this.#reasons.has(reason)) return false;
    this.#reasons.add(reason);
    return true;
  }
}

import type { SessionMetrics } from "../metrics.ts";
import type { DatagramDrop, Skip } from "../../vocabulary/mod.ts";
import type { SubscriptionOwner } from "./subscription_context.ts";

/** Counts what one subscription leaves out, and tells its owner of each reason once. */
export class SkipReport {
  readonly #metrics: SessionMetrics;
  readonly #owner: SubscriptionOwner;
  // There are few, and most subscriptions have none.
  readonly #told: (Skip | DatagramDrop)[] = [];

  constructor(metrics: SessionMetrics, owner: SubscriptionOwner) {
    this.#metrics = metrics;
    this.#owner = owner;
  }

  /** The subscriber does not get all of this group. */
  skip(why: Skip, group: bigint): void {
    this.note(why);
    this.#owner.skipped?.(group);
  }

  /** Some data is left out. */
  note(why: Skip): void {
    this.#metrics.skips[why]++;
    this.#tellOnce(why);
  }

  /** A datagram is left out. */
  drop(why: DatagramDrop): void {
    this.#metrics.datagramsDropped[why]++;
    this.#tellOnce(why);
  }

  #tellOnce(why: Skip | DatagramDrop): void {
    if (why === "inexpressible") this.#metrics.inexpressible.object++;
    if (this.#told.includes(why)) return;
    this.#told.push(why);
    this.#owner.leftOut(why);
  }
}

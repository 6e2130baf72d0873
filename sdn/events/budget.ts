import { MAX_COUNTED_RELAYS, RELAY_BURST, RELAY_REFILL_MS } from "./limits.ts";

interface Bucket {
  tokens: number;
  at: number;
  missed: number;
}

/**
 * A rate limit for each relay's events, so that one relay cannot evict the events of all others.
 */
export class RelayBudget {
  readonly #buckets = new Map<string, Bucket>();
  readonly #onMissed: (relay: string, count: number) => void;

  /**
   * `onMissed` is called with the number of suppressed events once the relay is below its rate
   * again.
   */
  constructor(onMissed: (relay: string, count: number) => void) {
    this.#onMissed = onMissed;
  }

  /**
   * Takes one event out of a relay's budget at `now` milliseconds; false when the budget is used
   * up.
   */
  take(relay: string, now: number): boolean {
    const bucket = this.#buckets.get(relay) ?? { tokens: RELAY_BURST, at: now, missed: 0 };
    bucket.tokens = Math.min(RELAY_BURST, bucket.tokens + (now - bucket.at) / RELAY_REFILL_MS);
    bucket.at = now;
    this.#buckets.delete(relay);
    this.#buckets.set(relay, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MAX_COUNTED_RELAYS && oldest !== undefined) {
      this.#buckets.delete(oldest);
    }
    if (bucket.tokens < 1) {
      bucket.missed++;
      return false;
    }
    bucket.tokens--;
    if (bucket.missed > 0) {
      this.#onMissed(relay, bucket.missed);
      bucket.missed = 0;
    }
    return true;
  }
}

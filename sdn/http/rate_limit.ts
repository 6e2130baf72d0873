import { addressKey } from "@qumo/shared/runtime";

/** The rate limit of one client. */
export interface RateLimit {
  /** Average requests per second; 0: any number. */
  readonly perSecond: number;
  /** Requests in a burst. */
  readonly burst: number;
}

// Clients with a bucket: the one that was idle for longest is evicted first.
const MAX_CLIENTS = 10_000;

/** A token bucket for each client, by addressKey, under a limit that may change. */
export class RateLimiter {
  readonly #limit: () => RateLimit;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(limit: () => RateLimit) {
    this.#limit = limit;
  }

  /** Takes one token of a client's bucket at `now` milliseconds; false when the bucket is empty. */
  take(address: string, now: number): boolean {
    const { perSecond, burst } = this.#limit();
    if (perSecond === 0) return true;
    const client = addressKey(address);
    const bucket = this.#buckets.get(client) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / 1000 * perSecond);
    const isAllowed = tokens >= 1;
    this.#buckets.delete(client);
    this.#buckets.set(client, { tokens: isAllowed ? tokens - 1 : tokens, at: now });
    if (this.#buckets.size > MAX_CLIENTS) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return isAllowed;
  }

  /** Milliseconds until a client's bucket has a token again. */
  waitMs(address: string): number {
    const { tokens = 1 } = this.#buckets.get(addressKey(address)) ?? {};
    return Math.max(0, 1 - tokens) * 1000 / this.#limit().perSecond;
  }

  /**
   * Takes more tokens for a request that turned out to be expensive. The bucket may become
   * negative: later requests wait until it has refilled.
   */
  charge(address: string, cost: number): void {
    const bucket = this.#buckets.get(addressKey(address));
    if (bucket !== undefined) bucket.tokens -= cost;
  }
}

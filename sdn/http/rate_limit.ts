/** How much one client may ask. */
export interface RateLimit {
  /** Requests a second, on average. */
  readonly perSecond: number;
  /** Requests at once, after a pause. */
  readonly burst: number;
}

// Clients remembered: the one that was quiet for longest is forgotten first.
const MAX_CLIENTS = 10_000;

/** A bucket of requests for each client, filled at a steady rate. */
export class RateLimiter {
  readonly #limit: RateLimit;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  /** Takes a request out of a client's bucket at `now` milliseconds; false when it is empty. */
  take(client: string, now: number): boolean {
    const { perSecond, burst } = this.#limit;
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

  /**
   * Takes more out of a client's bucket, for a request that turned out to cost more than one. What is
   * not there becomes a debt: what comes next waits until it is paid.
   */
  charge(client: string, cost: number): void {
    const bucket = this.#buckets.get(client);
    if (bucket !== undefined) bucket.tokens -= cost;
  }
}

import { type Clock, sleep } from "@qumo/shared/runtime";

/** A token bucket that delays: a caller waits for a token when the bucket is empty. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt: number;
  #emptySince: number | undefined;

  /** `rate` tokens a second, `burst` at once. */
  constructor(clock: Clock, rate: number, burst: number) {
    this.#clock = clock;
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAt = clock.now();
  }

  /** For how many milliseconds the bucket has been empty. */
  get emptyFor(): number {
    return this.#emptySince === undefined ? 0 : this.#clock.now() - this.#emptySince;
  }

  /** Takes a token, waiting for one if necessary. */
  async take(signal: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    const filled = this.#tokens + (now - this.#filledAt) * this.#rate / 1_000;
    this.#tokens = Math.min(this.#burst, filled) - 1;
    this.#filledAt = now;
    if (this.#tokens >= 0) {
      this.#emptySince = undefined;
      return;
    }
    this.#emptySince ??= now;
    await sleep(this.#clock, -this.#tokens * 1_000 / this.#rate, signal);
  }
}

import type { Clock } from "./clock.ts";

/** A token bucket that refuses: `burst` tokens at once, `rate` per second. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt: number;

  /** `rate` is in tokens per second. */
  constructor(clock: Clock, { rate, burst }: { readonly rate: number; readonly burst: number }) {
    this.#clock = clock;
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAt = clock.now();
  }

  /** Takes a token; false when there is none. */
  take(): boolean {
    if (this.#tokens < 1) this.#fill();
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  #fill(): void {
    const now = this.#clock.now();
    this.#tokens = Math.min(
      this.#burst,
      this.#tokens + (now - this.#filledAt) * this.#rate / 1_000,
    );
    this.#filledAt = now;
  }
}

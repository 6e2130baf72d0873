import type { Clock } from "./clock.ts";

/** How patient a {@linkcode Backoff} is; times in milliseconds. */
export interface BackoffOptions {
  /** The longest the first wait may be. */
  readonly first: number;
  /** No wait is longer than this. */
  readonly cap: number;
  /** After success has lasted this long, the next failure starts again at `first`. */
  readonly healthyAfter: number;
  /** A number from 0 up to but not including 1, `Math.random` outside of tests. */
  readonly random: () => number;
}

/**
 * How long to wait before trying again: twice as long after each failure, up to a cap, and spread
 * over the upper half of that time so that a crowd that failed together does not come back together.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #clock: Clock;
  #ceiling: number;
  #healthySince: number | undefined;

  constructor(options: BackoffOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#ceiling = options.first;
  }

  /** Notes a success, which only counts if it lasts. */
  succeeded(): void {
    this.#healthySince ??= this.#clock.now();
  }

  /** Notes a failure; returns the milliseconds to wait before the next attempt. */
  failed(): number {
    const { first, cap, healthyAfter, random } = this.#options;
    const since = this.#healthySince;
    if (since !== undefined && this.#clock.now() - since >= healthyAfter) this.#ceiling = first;
    this.#healthySince = undefined;
    const ceiling = Math.min(this.#ceiling, cap);
    this.#ceiling = ceiling * 2;
    return ceiling / 2 + random() * ceiling / 2;
  }
}

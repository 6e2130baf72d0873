import { type Clock, sleep } from "@qumo/shared/runtime";
import { MAX_WAITING_SEARCHES } from "./limits.ts";

/** A computation shorter than this, in milliseconds, needs no pause after it. */
const SHORT_MS = 2;

/**
 * Runs long computations one at a time and pauses after each for as long as it took, so that
 * heartbeats find the thread free at least half of the time.
 */
export class Turns {
  readonly #clock: Clock;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Runs `work` in its turn; resolves with `undefined`, without running it, when too many are
   * waiting.
   */
  async run<T>(work: () => T): Promise<T | undefined> {
    if (this.#waiting >= MAX_WAITING_SEARCHES) return undefined;
    this.#waiting++;
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    this.#waiting--;
    const began = this.#clock.now();
    try {
      return work();
    } finally {
      const took = this.#clock.now() - began;
      if (took < SHORT_MS) resolve();
      else void sleep(this.#clock, took).then(resolve);
    }
  }
}

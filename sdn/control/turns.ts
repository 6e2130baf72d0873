import { type Clock, sleep } from "@qumo/shared/runtime";
import { MAX_WAITING_SEARCHES } from "./limits.ts";

/** What takes less than this, in milliseconds, is nothing that others must be spared from. */
const SHORT_MS = 2;

/**
 * Lets long computations run one after the other, and rest for as long as each took: heartbeats find
 * the thread free for half of the time, whoever asks for what.
 */
export class Turns {
  readonly #clock: Clock;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Does the work when it is its turn; does nothing and gives `undefined` when too many wait. */
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

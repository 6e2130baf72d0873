import type { Clock, Timer } from "@qumo/shared/runtime";

/**
 * Interval of the timer whose delay is measured, in milliseconds. A stall is measured from the moment at
 * which a timer is due, so up to an interval too short, and a stall between two timers is missed. The
 * alert begins at 250 ms. Ten timers a second take about 0.2 % of a core.
 */
const INTERVAL = 100;

/** How long the largest delay is kept, in milliseconds: longer than a scrape interval. */
const MEMORY = 60_000;

/**
 * Measures how late timers fire. One thread does all the work of the relay, so everything else
 * waits as long: a large value means overload.
 */
export class EventLoopLag {
  readonly #clock: Clock;
  #timer: Timer;
  #current = 0;
  #previous = 0;
  #turnedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#turnedAt = clock.now();
    this.#timer = this.#arm();
  }

  /** The largest delay of the last one to two minutes, in milliseconds. */
  worst(): number {
    return Math.max(this.#current, this.#previous);
  }

  /** Stops measuring. */
  close(): void {
    this.#timer.cancel();
  }

  #arm(): Timer {
    const due = this.#clock.now() + INTERVAL;
    return this.#clock.after(INTERVAL, () => {
      const now = this.#clock.now();
      if (now - this.#turnedAt >= MEMORY) {
        this.#previous = this.#current;
        this.#current = 0;
        this.#turnedAt = now;
      }
      this.#current = Math.max(this.#current, now - due);
      this.#timer = this.#arm();
    });
  }
}

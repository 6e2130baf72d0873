import type { Clock, Timer } from "@qumo/shared/runtime";

/** How often the thread is asked for a sign of life, in milliseconds; ten a second cost nothing. */
const INTERVAL = 100;

/** How long the worst is remembered, in milliseconds: longer than scrapers wait between two looks. */
const MEMORY = 60_000;

/**
 * How late timers fire: everything else that waits for the thread waits as long. One thread does all
 * the work of the relay, so this tells when it has too much.
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

  /** The worst of the last one to two minutes, in milliseconds. */
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

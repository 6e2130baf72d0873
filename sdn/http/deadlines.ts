import type { Clock, Timer } from "@qumo/shared/runtime";
import type { Deadline } from "./body.ts";

/** Timeouts of equal length that share one timer: the oldest is due first. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #delay: number;
  /** In the order in which they are due. */
  readonly #waiting = new Map<() => void, number>();
  #timer: Timer | undefined;

  /** Each is due `delay` milliseconds after it was set. */
  constructor(clock: Clock, delay: number) {
    this.#clock = clock;
    this.#delay = delay;
  }

  /** Sets a timeout; the returned function cancels it. */
  readonly set: Deadline = (act) => {
    const fall = () => act();
    this.#waiting.set(fall, this.#clock.now() + this.#delay);
    this.#timer ??= this.#clock.after(this.#delay, () => this.#fire());
    return () => {
      this.#waiting.delete(fall);
      if (this.#waiting.size > 0) return;
      this.#timer?.cancel();
      this.#timer = undefined;
    };
  };

  #fire(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (const [fall, at] of this.#waiting) {
      if (at > now) {
        this.#timer = this.#clock.after(at - now, () => this.#fire());
        return;
      }
      this.#waiting.delete(fall);
      fall();
    }
  }
}

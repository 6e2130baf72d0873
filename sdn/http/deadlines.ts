import type { Clock, Timer } from "@qumo/shared/runtime";
import type { Deadline } from "./body.ts";

/** Deadlines that are all as far away, so that one timer does for all of them: the oldest is next. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #delay: number;
  /** In the order in which they fall due. */
  readonly #waiting = new Map<() => void, number>();
  #timer: Timer | undefined;

  /** Each falls due `delay` milliseconds after it was set. */
  constructor(clock: Clock, delay: number) {
    this.#clock = clock;
    this.#delay = delay;
  }

  /** Sets one. */
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

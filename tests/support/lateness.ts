import { systemClock, type Timer } from "@qumo/shared/runtime";

/** How often it is looked. */
const EVERY_MS = 20;

/**
 * How late this machine lets a process run that has something to do at a certain time. On an idle machine
 * that is a millisecond or two; where other programs want the processors it is as much as each step takes
 * longer that passes from one process to another.
 */
export class Lateness implements Disposable {
  #timer: Timer;
  #due: number;
  #worst = 0;

  constructor() {
    this.#due = systemClock.now() + EVERY_MS;
    this.#timer = this.#next();
  }

  /** The longest delay so far, in milliseconds. */
  get worstMs(): number {
    return Math.max(this.#worst, systemClock.now() - this.#due);
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
  }

  #next(): Timer {
    return systemClock.after(EVERY_MS, () => {
      const now = systemClock.now();
      this.#worst = Math.max(this.#worst, now - this.#due);
      this.#due = now + EVERY_MS;
      this.#timer = this.#next();
    });
  }
}

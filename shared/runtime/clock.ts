import { setTimeout as startTimer } from "node:timers";

/** A timer that has not fired yet. */
export interface Timer {
  /** Keeps the timer from firing; does nothing once it fired. */
  cancel(): void;
}

/** Where every part of the program takes its time from, so that a test can hold it still. */
export interface Clock {
  /** Milliseconds since an arbitrary start, never going back. For ages, deadlines and leases. */
  now(): number;
  /** Milliseconds since 1970. For what people and other machines read. */
  wall(): number;
  /** Calls `fire` once, `delay` milliseconds from now. */
  after(delay: number, fire: () => void): Timer;
}

// setTimeout counts in a signed 32-bit number of milliseconds and fires at once beyond it.
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after: (delay, fire) => new SystemTimer(Math.max(0, delay), fire),
};

/** Every session has some: an object is a third of the memory of functions that share variables. */
class SystemTimer implements Timer {
  readonly #fire: () => void;
  #handle: ReturnType<typeof setTimeout>;

  constructor(delay: number, fire: () => void) {
    this.#fire = fire;
    this.#handle = this.#arm(delay);
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }

  #arm(left: number): ReturnType<typeof setTimeout> {
    if (left <= LONGEST_TIMEOUT) return setTimeout(this.#fire, left);
    return setTimeout(() => {
      this.#handle = this.#arm(left - LONGEST_TIMEOUT);
    }, LONGEST_TIMEOUT);
  }
}

/** Calls `act` after `delay` milliseconds. The timer does not keep the process alive. */
export function unlessEnded(delay: number, act: () => void): void {
  startTimer(act, delay).unref();
}

/** Resolves after `delay` milliseconds of `clock`, or as soon as `signal` is aborted. */
export function sleep(clock: Clock, delay: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      timer.cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.after(delay, done);
    signal?.addEventListener("abort", done);
  });
}

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
  after(delay, fire) {
    let handle: ReturnType<typeof setTimeout>;
    const arm = (left: number) => {
      const step = Math.min(left, LONGEST_TIMEOUT);
      handle = setTimeout(() => left > step ? arm(left - step) : fire(), step);
    };
    arm(Math.max(0, delay));
    return { cancel: () => clearTimeout(handle) };
  },
};

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

/** A clock that moves only when told to. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #wallStart: number;
  #timers: { at: number; order: number; fire: () => void }[] = [];
  #order = 0;

  constructor(wallStart = 0) {
    this.#wallStart = wallStart;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#wallStart + this.#now;
  }

  after(delay: number, fire: () => void): Timer {
    const timer = { at: this.#now + Math.max(0, delay), order: this.#order++, fire };
    this.#timers.push(timer);
    return { cancel: () => void (this.#timers = this.#timers.filter((other) => other !== timer)) };
  }

  /** How many timers are waiting. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Moves time on and fires what falls due, in order of time, letting promises settle in between. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    for (;;) {
      await settle();
      const next = this.#earliest();
      if (next === undefined || next.at > end) break;
      this.#now = next.at;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      next.fire();
    }
    this.#now = end;
    await settle();
  }

  #earliest() {
    let best = this.#timers[0];
    for (const timer of this.#timers) {
      if (best === undefined) best = timer;
      else if (timer.at < best.at || (timer.at === best.at && timer.order < best.order)) {
        best = timer;
      }
    }
    return best;
  }
}

/** Lets every promise that is ready run, chains of some length included. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

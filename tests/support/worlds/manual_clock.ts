import type { Clock, Timer } from "@qumo/shared/runtime";

/** A clock that moves only when told to. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #wallStart: number;
  /** In the order in which they were set. */
  #timers: { at: number; fire: () => void }[] = [];

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
    const timer = { at: this.#now + Math.max(0, delay), fire };
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
      const earliest = Math.min(...this.#timers.map(({ at }) => at));
      const next = this.#timers.find(({ at }) => at === earliest);
      if (next === undefined || next.at > end) break;
      this.#now = Math.max(this.#now, next.at);
      this.#timers = this.#timers.filter((timer) => timer !== next);
      next.fire();
    }
    this.#now = Math.max(this.#now, end);
    await settle();
  }

  /** Moves time on and fires nothing, as if the program had been stopped. */
  stop(milliseconds: number): void {
    this.#now += milliseconds;
  }
}

/** Lets every promise that is ready run, chains of some length included. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

import type { Clock, Timer } from "@qumo/shared/runtime";

/** The time of a process that can stand still: what falls due meanwhile happens when it goes on. */
export class RelayClock implements Clock {
  readonly #inner: Clock;
  readonly #late = new Set<() => void>();
  #standsStill = false;

  constructor(inner: Clock) {
    this.#inner = inner;
  }

  now(): number {
    return this.#inner.now();
  }

  wall(): number {
    return this.#inner.wall();
  }

  after(delay: number, fire: () => void): Timer {
    const due = () => {
      if (this.#standsStill) this.#late.add(due);
      else fire();
    };
    const timer = this.#inner.after(delay, due);
    return {
      cancel: () => {
        timer.cancel();
        this.#late.delete(due);
      },
    };
  }

  stop(): void {
    this.#standsStill = true;
  }

  goOn(): void {
    this.#standsStill = false;
    for (const due of [...this.#late]) {
      if (this.#late.delete(due)) due();
    }
  }
}

import type { Clock, Timer } from "@qumo/shared/runtime";

/** Calls who has been quiet for so long, with one timer for all. */
export class KeepAlives {
  readonly #clock: Clock;
  readonly #delay: number;
  /** When each is to be called, the earliest first: all wait for as long. */
  readonly #due = new Map<() => void, number>();
  #timer: Timer | undefined;

  /** Each is called `delay` milliseconds after it was last heard. */
  constructor(clock: Clock, delay: number) {
    this.#clock = clock;
    this.#delay = delay;
  }

  /** Waits anew before `call`, which is called again and again. */
  heard(call: () => void): void {
    this.#due.delete(call);
    this.#due.set(call, this.#clock.now() + this.#delay);
    this.#timer ??= this.#clock.after(this.#delay, () => this.#fire());
  }

  /** Never calls it again. */
  leave(call: () => void): void {
    this.#due.delete(call);
    if (this.#due.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #fire(): void {
    const now = this.#clock.now();
    const due: (() => void)[] = [];
    for (const [call, at] of this.#due) {
      if (at > now) break;
      due.push(call);
    }
    for (const call of due) {
      this.#due.delete(call);
      this.#due.set(call, now + this.#delay);
    }
    const [next] = this.#due.values();
    this.#timer = next === undefined
      ? undefined
      : this.#clock.after(next - now, () => this.#fire());
    for (const call of due) call();
  }
}

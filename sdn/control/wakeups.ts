import type { Clock, Timer } from "@qumo/shared/runtime";
import { FEW_WATCHERS, WAKE_MS_PER_WATCHER } from "./limits.ts";

/**
 * Wakes watchers that wait for news, all together. A few are woken at once; when they are many, only
 * so often that telling them leaves the thread free for most of the time, and what happens in
 * between is told together.
 */
export class Wakeups {
  readonly #clock: Clock;
  #waiting = new Set<() => void>();
  #timer: Timer | undefined;
  /** When the next round may be. */
  #next = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `wake` once, when there is news. */
  wait(wake: () => void): void {
    this.#waiting.add(wake);
  }

  /** Does not call it any more. */
  leave(wake: () => void): void {
    this.#waiting.delete(wake);
  }

  /** There is news. */
  ring(): void {
    if (this.#timer !== undefined) return;
    const wait = this.#next - this.#clock.now();
    if (wait <= 0) return this.#wake();
    this.#timer = this.#clock.after(wait, () => this.#wake());
  }

  /** Wakes everybody at once, and nobody later. */
  close(): void {
    this.#timer?.cancel();
    this.#wake();
  }

  #wake(): void {
    this.#timer = undefined;
    const woken = this.#waiting;
    this.#waiting = new Set();
    const isCrowd = woken.size > FEW_WATCHERS;
    this.#next = isCrowd ? this.#clock.now() + woken.size * WAKE_MS_PER_WATCHER : -Infinity;
    for (const wake of woken) wake();
  }
}

import type { SubgroupLog } from "../../track/mod.ts";

/**
 * The subgroups that a subscriber is still to be given of what was there when it joined, in order.
 * They are begun a few at a time, as others come to their end, so that the past takes no more streams
 * than the present may. What begins meanwhile waits behind them, so that nothing is left out.
 */
export class Replay {
  #waiting: SubgroupLog[] = [];
  #next = 0;

  /** Whether none waits. */
  get isOver(): boolean {
    return this.#next === this.#waiting.length;
  }

  /** A subgroup waits for its turn. */
  add(log: SubgroupLog): void {
    this.#waiting.push(log);
  }

  /** Takes the one whose turn it is. */
  take(): SubgroupLog | undefined {
    const log = this.#waiting[this.#next];
    if (log === undefined) return undefined;
    this.#next++;
    if (this.isOver) this.clear();
    return log;
  }

  /** None is wanted any more. */
  clear(): void {
    this.#waiting = [];
    this.#next = 0;
  }
}

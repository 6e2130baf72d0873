import type { SubgroupLog } from "../../track/mod.ts";

/**
 * The queue of subgroups that existed before a subscriber joined, in order. A few start at a time,
 * as others finish, so that the backlog takes no more streams than live delivery may. Subgroups
 * that start meanwhile queue behind them, so that none is left out.
 */
export class Replay {
  #waiting: SubgroupLog[] = [];
  #next = 0;

  /** Whether the queue is empty. */
  get isOver(): boolean {
    return this.#next === this.#waiting.length;
  }

  /** Queues a subgroup. */
  add(log: SubgroupLog): void {
    this.#waiting.push(log);
  }

  /** Removes and returns the next subgroup. */
  take(): SubgroupLog | undefined {
    const log = this.#waiting[this.#next];
    if (log === undefined) return undefined;
    this.#next++;
    if (this.isOver) this.clear();
    return log;
  }

  /** Empties the queue. */
  clear(): void {
    this.#waiting = [];
    this.#next = 0;
  }
}

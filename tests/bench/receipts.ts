import { Latency } from "../../relay/client/bench/latency.ts";
import { wallTime } from "./traffic.ts";

/** What arrived of the objects that were published within a window of time. */
export class Receipts {
  readonly latency = new Latency();
  #from = Infinity;
  #to = Infinity;
  #objects = 0;
  #delivered = 0;
  #isOpen = false;

  /** Objects that arrived while the window was open, whenever they were published. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Objects that were published in the window and arrived whole, then or later. */
  get objects(): number {
    return this.#objects;
  }

  /** The window begins: objects that are published from now on count. */
  open(): void {
    this.#from = wallTime();
    this.#isOpen = true;
  }

  /** The window ends: objects that were published before now still count when they arrive. */
  close(): void {
    this.#to = wallTime();
    this.#isOpen = false;
  }

  /** Whether an object that was published then counts. */
  includes(stamp: number): boolean {
    return stamp >= this.#from && stamp <= this.#to;
  }

  /** An object arrived whole that was published at `stamp`. */
  add(stamp: number): void {
    if (this.#isOpen) this.#delivered++;
    if (!this.includes(stamp)) return;
    this.#objects++;
    this.latency.add(wallTime() - stamp);
  }
}

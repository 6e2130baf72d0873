import type { Clock, Timer } from "@qumo/shared/runtime";
import { MAX_OPENING, OPENING_MS } from "./limits.ts";

/**
 * Lets a few watchers at a time have their snapshot, in the order in which they came: the first ones
 * are whole soon, and the thread and the network are not filled by what all of them are sent. One
 * that reads slowly holds up nobody for long.
 */
export class Admission {
  readonly #clock: Clock;
  /** Those who are in, with the end of their turn. */
  readonly #in = new Map<object, Timer>();
  readonly #waiting = new Map<object, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Watchers that wait for their turn. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Calls `enter` when it is the watcher's turn: at once, or later. The returned function must be
   * called when it has its snapshot, or has left.
   */
  come(enter: () => void): () => void {
    const ticket = {};
    this.#waiting.set(ticket, enter);
    this.#admit();
    return () => this.#leave(ticket);
  }

  #leave(ticket: object): void {
    this.#waiting.delete(ticket);
    this.#in.get(ticket)?.cancel();
    if (this.#in.delete(ticket)) this.#admit();
  }

  #admit(): void {
    for (const [ticket, enter] of this.#waiting) {
      if (this.#in.size >= MAX_OPENING) return;
      this.#waiting.delete(ticket);
      this.#in.set(ticket, this.#clock.after(OPENING_MS, () => this.#leave(ticket)));
      enter();
    }
  }
}

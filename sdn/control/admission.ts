import type { Clock, Timer } from "@qumo/shared/runtime";
import { MAX_OPENING, OPENING_MS } from "./limits.ts";

/** A watcher that waits for its turn, or has it. */
interface Ticket {
  readonly client: string;
  readonly enter: () => void;
  /** Ends its turn, while it has it. */
  timer?: Timer;
}

/**
 * Lets a few watchers at a time have their snapshot, in the order in which they came: the first ones
 * are whole soon, and the thread and the network are not filled by what all of them are sent. One
 * that reads slowly holds up nobody for long, and many of one client do not hold up another's.
 */
export class Admission {
  readonly #clock: Clock;
  readonly #in = new Set<Ticket>();
  readonly #waiting = new Set<Ticket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Watchers that wait for their turn. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Calls `enter` when it is the turn of a client's watcher: at once, or later. The returned function
   * must be called when it has its snapshot, or has left.
   */
  come(client: string, enter: () => void): () => void {
    const ticket: Ticket = { client, enter };
    this.#waiting.add(ticket);
    this.#admit();
    return () => this.#leave(ticket);
  }

  #leave(ticket: Ticket): void {
    this.#waiting.delete(ticket);
    ticket.timer?.cancel();
    if (this.#in.delete(ticket)) this.#admit();
  }

  #admit(): void {
    while (this.#in.size < MAX_OPENING) {
      const ticket = this.#next();
      if (ticket === undefined) return;
      this.#waiting.delete(ticket);
      this.#in.add(ticket);
      ticket.timer = this.#clock.after(OPENING_MS, () => this.#leave(ticket));
      ticket.enter();
    }
  }

  /** The first of the client that has the fewest in. */
  #next(): Ticket | undefined {
    const counts = new Map<string, number>();
    for (const { client } of this.#in) counts.set(client, (counts.get(client) ?? 0) + 1);
    let [best, fewest] = [undefined as Ticket | undefined, Infinity];
    for (const ticket of this.#waiting) {
      const count = counts.get(ticket.client) ?? 0;
      if (count < fewest) [best, fewest] = [ticket, count];
      if (count === 0) break;
    }
    return best;
  }
}

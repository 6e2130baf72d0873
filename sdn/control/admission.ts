import type { Clock, Timer } from "@qumo/shared/runtime";
import { MAX_OPENING, OPENING_MS, OPENINGS_PER_TURN } from "./limits.ts";

/** A watcher that waits for its turn, or has it. */
interface Ticket {
  readonly client: string;
  readonly enter: () => void;
  /** Ends its turn, while it has it. */
  timer?: Timer;
}

/**
 * Lets a few watchers at a time have what they begin with, in the order in which they came: the first
 * ones are whole soon, and the thread and the network are not filled by what all of them are sent.
 * Heartbeats have their turn after every few that enter. One that reads slowly holds up nobody for
 * long, and many of one client do not hold up another's.
 */
export class Admission {
  readonly #clock: Clock;
  readonly #in = new Set<Ticket>();
  readonly #waiting = new Set<Ticket>();
  /** How many may enter before others have their turn. */
  #left = OPENINGS_PER_TURN;
  #turn: Timer | undefined;

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
    while (this.#in.size < MAX_OPENING && this.#left > 0) {
      const ticket = this.#next();
      if (ticket === undefined) return;
      this.#waiting.delete(ticket);
      this.#in.add(ticket);
      if (--this.#left === 0) this.#turn = this.#clock.after(0, () => this.#nextTurn());
      ticket.timer = this.#clock.after(OPENING_MS, () => this.#leave(ticket));
      ticket.enter();
    }
  }

  #nextTurn(): void {
    this.#left = OPENINGS_PER_TURN;
    this.#admit();
  }

  /** Lets nobody in any more. */
  close(): void {
    this.#turn?.cancel();
    this.#left = 0;
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

import { BUSY_MS, LATE_MS, STALL_MS } from "./limits.ts";

/**
 * Counts for how long the controller itself could not run, by how late its timer fires: what relays
 * sent then was not read either.
 */
export class Stalls {
  #dueAt: number | undefined;
  /** What of the current lateness is counted already. */
  #counted = 0;
  #totalMs = 0;
  /** Until when heartbeats that came while the controller was late may still be unread. */
  #isBusyUntil = -Infinity;

  /** Milliseconds for which it could not run, since its start. */
  get totalMs(): number {
    return this.#totalMs;
  }

  /** A timer was set, which is to fire then; undefined when none is left. */
  expect(dueAt: number | undefined): void {
    this.#dueAt = dueAt;
    this.#counted = 0;
  }

  /** The controller runs at this time. */
  look(now: number): void {
    const late = this.#dueAt === undefined ? 0 : now - this.#dueAt;
    if (late < STALL_MS) return;
    this.#totalMs += Math.max(0, late - this.#counted);
    this.#counted = Math.max(late, this.#counted);
    if (late > LATE_MS) this.#isBusyUntil = now + BUSY_MS;
  }

  /** Whether heartbeats that came while it was late may still be unread. */
  isBusy(now: number): boolean {
    return now < this.#isBusyUntil;
  }
}

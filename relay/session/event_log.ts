import type { Clock, Log, LogFields } from "@qumo/shared/runtime";

/** Lines that one peer may cause at once, and a second: enough for a page of tracks, no flood. */
export const EVENT_LINES_AT_ONCE = 200;
const EVENT_LINES_A_SECOND = 2;

/**
 * The log of what a peer does, at info: who announces, who watches, what was refused. A peer decides
 * how often that happens, so there is a limit; how many lines were left out is said with the next one.
 */
export class EventLog {
  readonly #log: Log;
  readonly #clock: Clock;
  #left = EVENT_LINES_AT_ONCE;
  #filledAt: number;
  #suppressed = 0;

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
    this.#filledAt = clock.now();
  }

  /** Says what happened, unless too much was said of late. */
  say(message: string, fields: LogFields): void {
    const now = this.#clock.now();
    const filled = this.#left + (now - this.#filledAt) * EVENT_LINES_A_SECOND / 1_000;
    this.#filledAt = now;
    this.#left = Math.min(EVENT_LINES_AT_ONCE, filled);
    if (this.#left < 1) {
      this.#suppressed++;
      return;
    }
    this.#left--;
    const suppressed = this.#suppressed === 0 ? {} : { lines_left_out: this.#suppressed };
    this.#suppressed = 0;
    this.#log.info(message, { ...fields, ...suppressed });
  }
}

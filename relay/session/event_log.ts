import type { Clock, Log, LogFields } from "@qumo/shared/runtime";

/** Log lines that one peer may cause in a burst, and per second: enough for a page of tracks. */
export const EVENT_LINES_AT_ONCE = 200;
const EVENT_LINES_A_SECOND = 2;

/**
 * The log, at info, of a peer's requests: announcements, subscriptions, refusals. It is
 * rate-limited because the peer decides how many there are; the next line has the number of
 * suppressed ones.
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

  /** Writes a line unless the rate limit is exceeded. */
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

import type { Clock } from "./clock.ts";
import type { Log, LogFields } from "./log.ts";

/** Lines of one text that {@linkcode LimitedLog} lets through in a minute: enough to see who and why. */
const MAX_LINES_A_MINUTE = 20;

const MINUTE_MS = 60_000;

/**
 * A log for events that clients can cause at any rate. At most so many lines of each message are
 * written per minute; the next line after that has the number of suppressed ones.
 */
export class LimitedLog {
  readonly #log: Log;
  readonly #clock: Pick<Clock, "now">;
  readonly #minutes = new Map<string, { since: number; written: number; left: number }>();

  constructor(log: Log, clock: Pick<Clock, "now">) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Writes a line or counts it. Messages are constants, so their number is small. */
  info(message: string, fields: LogFields): void {
    const now = this.#clock.now();
    let minute = this.#minutes.get(message);
    const unwritten = minute?.left ?? 0;
    if (minute === undefined || now - minute.since >= MINUTE_MS) {
      minute = { since: now, written: 0, left: 0 };
      this.#minutes.set(message, minute);
    }
    if (minute.written >= MAX_LINES_A_MINUTE) return void minute.left++;
    minute.written++;
    const isFirst = minute.written === 1 && unwritten > 0;
    this.#log.info(message, { ...fields, ...(isFirst && { not_logged: unwritten }) });
  }
}

import type { Clock, Timer } from "@qumo/shared/runtime";
import { MAX_SILENT_STREAMS, STREAM_HEADER_TIMEOUT } from "./limits.ts";

/** A stream without a type so far. */
export interface SilentStream {
  readonly deadline: number;
  readonly giveUp: () => void;
  spared: boolean;
}

/** Time limits of streams that have not sent their type, with one timer for all. */
export class SilentStreams {
  readonly #clock: Clock;
  // All have the same time limit, so the order of arrival is the order of deadlines.
  readonly #streams = new Set<SilentStream>();
  #timer: Timer | undefined;
  #spared = 0;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Calls `giveUp` when the time is over, unless the stream is removed before or is one of the few
   * that may stay silent.
   */
  add(giveUp: () => void): SilentStream {
    const deadline = this.#clock.now() + STREAM_HEADER_TIMEOUT;
    const stream: SilentStream = { deadline, giveUp, spared: false };
    if (this.#closed) return stream;
    this.#streams.add(stream);
    this.#timer ??= this.#clock.after(STREAM_HEADER_TIMEOUT, this.#expire);
    return stream;
  }

  /** Removes a stream that has sent its type or ended. */
  remove(stream: SilentStream): void {
    this.#streams.delete(stream);
    if (stream.spared) this.#spared--;
    stream.spared = false;
  }

  /** Removes all streams and stops the timer. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#streams.clear();
  }

  readonly #expire = () => {
    const now = this.#clock.now();
    this.#timer = undefined;
    for (const stream of this.#streams) {
      if (stream.deadline > now) {
        this.#timer = this.#clock.after(stream.deadline - now, this.#expire);
        return;
      }
      this.#streams.delete(stream);
      if (this.#spared < MAX_SILENT_STREAMS) {
        this.#spared++;
        stream.spared = true;
      } else {
        stream.giveUp();
      }
    }
  };
}

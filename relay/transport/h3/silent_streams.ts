import type { Clock, Timer } from "@qumo/shared/runtime";
import { MAX_SILENT_STREAMS, STREAM_HEADER_TIMEOUT } from "./limits.ts";

/** A stream that has not said what it is. */
export interface SilentStream {
  readonly deadline: number;
  readonly giveUp: () => void;
  spared: boolean;
}

/** Watches streams that have not said what they are, all of them with one timer. */
export class SilentStreams {
  readonly #clock: Clock;
  // All have the same time, so the order of arrival is the order of deadlines.
  readonly #streams = new Set<SilentStream>();
  #timer: Timer | undefined;
  #spared = 0;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `giveUp` at the deadline unless the stream is removed before, or one of the few spared. */
  add(giveUp: () => void): SilentStream {
    const deadline = this.#clock.now() + STREAM_HEADER_TIMEOUT;
    const stream: SilentStream = { deadline, giveUp, spared: false };
    if (this.#closed) return stream;
    this.#streams.add(stream);
    this.#timer ??= this.#clock.after(STREAM_HEADER_TIMEOUT, this.#expire);
    return stream;
  }

  /** The stream spoke, or is gone. */
  remove(stream: SilentStream): void {
    this.#streams.delete(stream);
    if (stream.spared) this.#spared--;
    stream.spared = false;
  }

  /** Forgets all streams and watches no more. */
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

import { type Clock, TokenBucket } from "@qumo/shared/runtime";
import type { Input } from "../input.ts";
import {
  LATE_STREAM_MS,
  STREAMS_LOOKED_AT,
  SUBGROUPS_A_SECOND,
  SUBGROUPS_AT_ONCE,
} from "../limits.ts";

/** An open stream. */
interface OpenStream {
  readonly group: bigint;
  /** The time from which on it is stopped if its group is over. */
  readonly stopFrom: number;
}

/** The open streams of one feed, and the rate at which they start. */
export class FeedStreams {
  readonly #clock: Clock;
  readonly #isOver: (group: bigint) => boolean;
  // In the order in which they were checked last.
  readonly #open = new Map<Input, OpenStream>();
  #seen = 0;
  #stopped = 0;
  readonly #begun: TokenBucket;

  /** `isOver` returns whether no subscriber can receive any more of a group. */
  constructor(clock: Clock, isOver: (group: bigint) => boolean) {
    this.#clock = clock;
    this.#isOver = isOver;
    this.#begun = new TokenBucket(clock, { rate: SUBGROUPS_A_SECOND, burst: SUBGROUPS_AT_ONCE });
  }

  /** The number of open streams. */
  get open(): number {
    return this.#open.size;
  }

  /** The number of streams ever started. */
  get seen(): number {
    return this.#seen;
  }

  /** The number of streams stopped because their group was over. */
  get stopped(): number {
    return this.#stopped;
  }

  /** Adds a stream; false when the rate limit is exceeded. */
  begin(input: Input, group: bigint): boolean {
    this.#seen++;
    const now = this.#clock.now();
    this.#open.set(input, { group, stopFrom: this.#isOver(group) ? now + LATE_STREAM_MS : now });
    return this.#begun.take();
  }

  /** Removes a stream that has ended. */
  end(input: Input): void {
    this.#open.delete(input);
  }

  /**
   * Stops streams whose group is over, checking a few per call, since a call is made for each new
   * stream. Returns how many were stopped.
   */
  stopOver(): number {
    const now = this.#clock.now();
    let stopped = 0;
    let left = STREAMS_LOOKED_AT;
    for (const [input, stream] of this.#open) {
      if (left-- === 0) break;
      this.#open.delete(input);
      if (now < stream.stopFrom || !this.#isOver(stream.group)) {
        this.#open.set(input, stream);
        continue;
      }
      input.stop("cancelled");
      stopped++;
    }
    this.#stopped += stopped;
    return stopped;
  }

  /** Stops all streams. */
  stopAll(): void {
    for (const input of this.#open.keys()) input.stop("cancelled");
    this.#open.clear();
  }
}

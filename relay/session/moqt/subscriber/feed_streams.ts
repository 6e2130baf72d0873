import { type Clock, TokenBucket } from "@qumo/shared/runtime";
import { StreamCode } from "@qumo/shared/wire";
import type { Input } from "../../input.ts";
import {
  LATE_STREAM_MS,
  STREAMS_LOOKED_AT,
  SUBGROUPS_A_SECOND,
  SUBGROUPS_AT_ONCE,
} from "../../limits.ts";

/** A stream that is under way. */
interface OpenStream {
  readonly group: bigint;
  /** From when on it is stopped if its group is over. */
  readonly stopFrom: number;
}

/** The streams of one feed: those that are under way, and how fast they begin. */
export class FeedStreams {
  readonly #clock: Clock;
  readonly #isOver: (group: bigint) => boolean;
  // By when they were looked at last.
  readonly #open = new Map<Input, OpenStream>();
  #seen = 0;
  #stopped = 0;
  readonly #begun: TokenBucket;

  /** `isOver` says whether nobody can be sent what comes of a group. */
  constructor(clock: Clock, isOver: (group: bigint) => boolean) {
    this.#clock = clock;
    this.#isOver = isOver;
    this.#begun = new TokenBucket(clock, { rate: SUBGROUPS_A_SECOND, burst: SUBGROUPS_AT_ONCE });
  }

  /** Streams that are under way. */
  get open(): number {
    return this.#open.size;
  }

  /** Streams that ever began. */
  get seen(): number {
    return this.#seen;
  }

  /** Streams that were stopped because their group was over. */
  get stopped(): number {
    return this.#stopped;
  }

  /** A stream began; false when too many have of late. */
  begin(input: Input, group: bigint): boolean {
    this.#seen++;
    const now = this.#clock.now();
    this.#open.set(input, { group, stopFrom: this.#isOver(group) ? now + LATE_STREAM_MS : now });
    return this.#begun.take();
  }

  /** A stream ended. */
  end(input: Input): void {
    this.#open.delete(input);
  }

  /**
   * Stops streams whose group is over, a few at a time: each that begins pays for one that is left open.
   * Returns how many were stopped.
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
      input.stop(StreamCode.CANCELLED);
      stopped++;
    }
    this.#stopped += stopped;
    return stopped;
  }

  /** Stops all of them. */
  stopAll(): void {
    for (const input of this.#open.keys()) input.stop(StreamCode.CANCELLED);
    this.#open.clear();
  }
}

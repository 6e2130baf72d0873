import type { Clock, Timer } from "@qumo/shared/runtime";
import type { TrackEnd } from "../../../track/mod.ts";

/** How long datagrams may take that PUBLISH_DONE has overtaken: those under way, and no more. */
const DATAGRAM_WAIT_MS = 200;

/** How much of a track has come, which PUBLISH_DONE is compared with. */
export interface Arrived {
  readonly openStreams: number;
  readonly streams: number;
  readonly hasDatagrams: boolean;
}

/** What PUBLISH_DONE said, and how long what it promised is waited for. */
export interface Promised {
  readonly end: TrackEnd;
  readonly streams: bigint;
  readonly waitMs: number;
}

/** The end of a subscription that PUBLISH_DONE announced: it overtakes data, which is waited for. */
export class PromisedEnd {
  readonly end: TrackEnd;
  readonly #clock: Clock;
  readonly #streams: bigint;
  readonly #finish: (end: TrackEnd) => void;
  #timer: Timer;
  #isLastWait = false;

  constructor(clock: Clock, { end, streams, waitMs }: Promised, finish: (end: TrackEnd) => void) {
    this.end = end;
    this.#clock = clock;
    this.#streams = streams;
    this.#finish = finish;
    this.#timer = clock.after(waitMs, () => finish(end));
  }

  /** Looks whether all has come that was promised. */
  check({ openStreams, streams, hasDatagrams }: Arrived): void {
    if (openStreams > 0 || BigInt(streams) < this.#streams) return;
    if (!hasDatagrams && this.#streams > 0n) return this.#finish(this.end);
    // Datagrams are not counted, and PUBLISH_DONE overtakes them like everything else.
    if (this.#isLastWait) return;
    this.#isLastWait = true;
    this.#timer.cancel();
    this.#timer = this.#clock.after(DATAGRAM_WAIT_MS, () => this.#finish(this.end));
  }

  stop(): void {
    this.#timer.cancel();
  }
}

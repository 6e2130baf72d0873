import type { Clock, Timer } from "@qumo/shared/runtime";
import type { TrackProperties } from "@qumo/shared/wire";
import type { TrackEnd } from "../../track/mod.ts";

/** The minimum time for which data is awaited after PUBLISH_DONE. */
const DONE_TIMEOUT_MS = 2_000;

/** How long datagrams that PUBLISH_DONE has overtaken are awaited. */
const DATAGRAM_WAIT_MS = 200;

/** How much of a track has arrived, for comparison with PUBLISH_DONE. */
export interface Arrived {
  readonly openStreams: number;
  readonly streams: number;
  readonly hasDatagrams: boolean;
}

/** The content of PUBLISH_DONE, and the properties of its track. */
export interface Promised {
  readonly end: TrackEnd;
  readonly streams: bigint;
  readonly properties: Pick<
    TrackProperties,
    "objectDeliveryTimeout" | "subgroupDeliveryTimeout"
  >;
}

/** The end of a subscription after PUBLISH_DONE, which may overtake data: waits for that data. */
export class PromisedEnd {
  readonly end: TrackEnd;
  readonly #clock: Clock;
  readonly #streams: bigint;
  readonly #finish: (end: TrackEnd) => void;
  #timer: Timer;
  #isLastWait = false;

  constructor(
    clock: Clock,
    { end, streams, properties }: Promised,
    finish: (end: TrackEnd) => void,
  ) {
    const { objectDeliveryTimeout = 0, subgroupDeliveryTimeout = 0 } = properties;
    const waitMs = Math.max(DONE_TIMEOUT_MS, objectDeliveryTimeout, subgroupDeliveryTimeout);
    this.end = end;
    this.#clock = clock;
    this.#streams = streams;
    this.#finish = finish;
    this.#timer = clock.after(waitMs, () => finish(end));
  }

  /** Ends the wait if all announced streams have arrived. */
  check({ openStreams, streams, hasDatagrams }: Arrived): void {
    if (openStreams > 0 || BigInt(streams) < this.#streams) return;
    if (!hasDatagrams && this.#streams > 0n) return this.#finish(this.end);
    // Datagrams are not counted in PUBLISH_DONE, which may overtake them too.
    if (this.#isLastWait) return;
    this.#isLastWait = true;
    this.#timer.cancel();
    this.#timer = this.#clock.after(DATAGRAM_WAIT_MS, () => this.#finish(this.end));
  }

  stop(): void {
    this.#timer.cancel();
  }
}

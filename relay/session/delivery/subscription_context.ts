import type { Clock } from "@qumo/shared/runtime";
import type { Renderer, TrackEnd } from "../../track/mod.ts";
import type { Connection } from "../../transport/types.ts";
import type { SessionMetrics } from "../metrics.ts";
import type { DeliveryLimits } from "../settings.ts";
import type { StreamSupply } from "./stream_supply.ts";
import type { UnfinishedStreams } from "./unfinished_streams.ts";
import type { DatagramDrop, Skip } from "../../vocabulary/mod.ts";

/** Callbacks of a {@linkcode Subscription}. */
export interface SubscriptionOwner {
  /** The first object arrives, from this source. */
  began?(source: string | undefined): void;
  /** Everything was sent, on this many streams. */
  finished(end: TrackEnd, streams: number): void;
  /** The subscriber is too slow; it was sent this many streams. */
  tooFarBehind(streams: number): void;
  /** Too many streams of the subscription are parked and cannot be finished. */
  tooManyUnfinished(streams: number): void;
  /** Data was skipped for this reason for the first time. */
  leftOut(why: Skip | DatagramDrop): void;
  /** The subscriber does not get all of this group. */
  skipped?(group: bigint): void;
  /** Everything up to the last group of the window was sent, and later groups have begun. */
  windowOver?(): void;
  /** The subscriber stopped a stream. */
  streamRefused(): void;
}

/** The dependencies of a subscription. */
export interface SubscriptionContext {
  readonly connection: Connection;
  /** The renderer of the subscriber's dialect. */
  readonly renderer: Renderer;
  readonly supply: StreamSupply;
  readonly unfinished: UnfinishedStreams;
  readonly clock: Clock;
  readonly metrics: SessionMetrics;
  readonly limits: DeliveryLimits;
  /** See {@linkcode PumpOptions.header}, by group. */
  readonly header?: ((group: bigint, firstObject: number) => Uint8Array) | undefined;
  /** See {@linkcode PumpOptions.isWholeAtLast}. */
  readonly isWholeAtLast?: boolean | undefined;
  /** What each datagram begins with for this subscriber alone, and its size at most; absent: nothing. */
  readonly datagrams?: DatagramTerms | undefined;
}

/** See {@linkcode SubscriptionContext.datagrams}. */
export interface DatagramTerms {
  readonly header: Uint8Array;
  readonly maxBytes: number;
}

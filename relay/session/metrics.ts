import type { Traffic } from "../views.ts";
import type {
  BlockedRequest,
  DatagramDrop,
  DropReason,
  Inexpressible,
  Malformed,
  OddityKind,
  ParkedEnd,
  RequestKind,
  RequestOutcome,
  SessionEnd,
  Skip,
  StopNotice,
  StreamStop,
  TrackGivenUp,
  Unread,
  UpstreamOutcome,
  UpstreamRequestKind,
} from "../vocabulary/mod.ts";

/** Counters of sessions: plain numbers, read at each scrape. */
export interface SessionMetrics {
  readonly sessionsEnded: Record<SessionEnd, number>;
  /** Requests of peers, by outcome. */
  readonly requests: Record<RequestKind, Record<RequestOutcome, number>>;
  /** Requests to peers, by outcome. */
  readonly upstreamRequests: Record<UpstreamRequestKind, Record<UpstreamOutcome, number>>;
  readonly received: Traffic;
  readonly sent: Traffic;
  readonly datagramsDropped: Record<DatagramDrop, number>;
  readonly skips: Record<Skip, number>;
  /** Objects on streams that another publisher of the track had already sent. */
  duplicateObjects: number;
  /** Dropped objects of publishers, by reason. */
  readonly droppedObjects: Record<DropReason, number>;
  /** Tracks that the relay stopped receiving while their publishers would send more, by reason. */
  readonly tracksGivenUp: Record<TrackGivenUp, number>;
  /** Streams of publishers that were stopped before their end, by reason. */
  readonly streamsStopped: Record<StreamStop, number>;
  subscribersTooFarBehind: number;
  /**
   * Observes the milliseconds from an object's arrival until a subscriber's transport accepted it.
   */
  deliveryDelay(milliseconds: number): void;
  /** What a peer was not told, or was told otherwise, because its dialect has no words for it. */
  readonly inexpressible: Record<Inexpressible, number>;
  streamsParked: number;
  readonly parkedStreamsFinished: Record<ParkedEnd, number>;
  readonly requestsUnread: Record<Unread, number>;
  readonly requestStops: Record<StopNotice, number>;
  /** How often no more requests were allowed, by whose they are. */
  readonly requestsBlocked: Record<BlockedRequest, number>;
  readonly malformed: Record<Malformed, number>;
  /** Messages that were accepted in spite of deviations from the draft, by kind. */
  readonly oddities: Record<OddityKind, number>;
  unhandledErrors: number;
}

import type { Flow } from "../views.ts";
import type {
  DatagramDrop,
  DropReason,
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
} from "../vocabulary.ts";

/** Counts that sessions add to: plain numbers, read by whoever shows them. */
export interface SessionMetrics {
  readonly sessionsEnded: Record<SessionEnd, number>;
  /** Requests of peers, by how they were answered. */
  readonly requests: Record<RequestKind, Record<RequestOutcome, number>>;
  /** Requests to peers, by how they answered. */
  readonly upstreamRequests: Record<UpstreamRequestKind, Record<UpstreamOutcome, number>>;
  readonly received: Flow;
  readonly sent: Flow;
  readonly datagramsDropped: Record<DatagramDrop, number>;
  readonly skips: Record<Skip, number>;
  /** Objects on streams that another publisher of the track had already sent. */
  duplicateObjects: number;
  /** Objects of publishers that were thrown away. */
  readonly droppedObjects: Record<DropReason, number>;
  /** Tracks that nothing more was taken of, though their publishers would send more. */
  readonly tracksGivenUp: Record<TrackGivenUp, number>;
  /** Streams of publishers that were stopped before their end. */
  readonly streamsStopped: Record<StreamStop, number>;
  subscribersTooFarBehind: number;
  /** Told the milliseconds from an object's arrival until a subscriber's transport had taken it. */
  deliveryDelay(milliseconds: number): void;
  streamsParked: number;
  readonly parkedStreamsFinished: Record<ParkedEnd, number>;
  readonly requestsUnread: Record<Unread, number>;
  readonly requestStops: Record<StopNotice, number>;
  readonly malformed: Record<Malformed, number>;
  /** What the draft does not allow in messages of peers, and was understood all the same. */
  readonly oddities: Record<OddityKind, number>;
  unhandledErrors: number;
}

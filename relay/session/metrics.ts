import type { OddityKind } from "@qumo/shared/wire";
import type { DropReason } from "../track/mod.ts";

/** Counts that sessions add to: plain numbers, read by whoever shows them. */
export interface SessionMetrics {
  readonly sessionsEnded: Record<SessionEnd, number>;
  /** Requests of peers, by how they were answered. */
  readonly requests: Record<RequestKind, Record<RequestOutcome, number>>;
  /** Requests to peers, by how they answered. */
  readonly upstreamRequests: Record<RequestKind, Record<RequestOutcome, number>>;
  readonly received: Flow;
  readonly sent: Flow;
  readonly datagramsDropped: Record<DatagramDrop, number>;
  readonly skips: Record<Skip, number>;
  /** Objects on streams that another publisher of the track had brought already. */
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

/** What goes through, one way. */
export interface Flow {
  objects: number;
  /** Of streams and datagrams of objects. */
  bytes: number;
  groups: number;
  subgroups: number;
  datagrams: number;
}

/** Why a session ended. */
export type SessionEnd =
  | "peer_closed"
  | "peer_error"
  | "lost"
  | "drained"
  | "protocol_error"
  | "unauthorized"
  | "limit"
  | "internal_error";

/** The requests there are. */
export type RequestKind =
  | "publish_namespace"
  | "subscribe_namespace"
  | "subscribe_tracks"
  | "publish"
  | "subscribe"
  | "fetch"
  | "track_status"
  | "request_update"
  /** A TRACK_STATUS by which a relay sees that this one is there. */
  | "link_probe";

/** How a request was answered. */
export type RequestOutcome =
  | "ok"
  | "internal_error"
  | "unauthorized"
  | "timeout"
  | "not_supported"
  | "malformed_auth_token"
  | "expired_auth_token"
  | "going_away"
  | "excessive_load"
  | "does_not_exist"
  | "invalid_range"
  | "malformed_track"
  | "duplicate_subscription"
  | "uninterested"
  | "prefix_overlap"
  | "namespace_too_large"
  | "invalid_joining_request_id"
  | "unsupported_extension"
  | "redirect"
  | "cancelled"
  | "other";

/** Why a subscriber did not get a group or subgroup, or not all of it. */
export type Skip = "backlog" | "superseded" | "delivery_timeout" | "streams" | "evicted";

/** Why a track was given up. */
export type TrackGivenUp =
  /** Every object of it was thrown away for long. */
  | "only_drops"
  /** An object was larger than the relay takes. */
  | "too_large"
  /** Its subgroups began too fast. */
  | "subgroup_rate"
  /** Its publisher leaves the streams of its groups open. */
  | "streams_left_open";

/** Why a stream of a publisher was stopped. */
export type StreamStop =
  /** The cache had given up its group. */
  | "group_gone"
  /** Nobody said in time what its alias means. */
  | "unknown_track"
  /** The subscription was over. */
  | "track_over"
  /** It did not say in time what it carries. */
  | "silent"
  /** It contradicts itself. */
  | "malformed"
  /** It answers a FETCH that is over. */
  | "fetch_over";

/** Why a stream that was left open was finished after all. */
export type ParkedEnd =
  /** The subscriber left, or was told that the subscription is over. */
  | "subscription_over"
  /** Its group is long past, and gone from the cache. */
  | "outdated"
  /** The peer allowed no stream for what is new. */
  | "credit"
  /** More were left open than may be. */
  | "limit";

/** Why a request was given up before its first message was there. */
export type Unread =
  /** The peer broke it off. */
  | "reset"
  /** The rest did not come in time. */
  | "timeout";

/** How it was noticed that a peer cancelled a quiet request with STOP_SENDING. */
export type StopNotice =
  /** By asking now and then. */
  | "probe"
  /** Another request came that it was in the way of. */
  | "conflict";

/** Why a datagram went nowhere. */
export type DatagramDrop =
  | "malformed"
  | "unknown_track"
  | "track_over"
  | "queue_full"
  | "too_large"
  | "unsent";

/** What could not be understood. */
export type Malformed =
  | "setup"
  | "control"
  | "stream_type"
  | "subgroup"
  | "fetch"
  | "datagram"
  | "track";

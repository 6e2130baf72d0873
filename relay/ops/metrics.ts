/*
 * What the relay counts. The parts that do the work own nothing of Prometheus: they add to plain
 * numbers, and `prometheus.ts` reads them when somebody scrapes. The words here are the values that
 * labels have, so their number is bounded.
 */

/** Why a session ended. */
export const SESSION_ENDS = [
  "peer_closed", // The peer left, without an error or with a code of its application's own.
  "peer_error", // The peer left and named an error.
  "lost", // Silence, or the network.
  "drained", // We asked it to go elsewhere: it went, or its time was over.
  "protocol_error", // It broke the protocol.
  "unauthorized",
  "limit", // It asked for more than a session may have.
  "internal_error", // A fault of ours.
] as const;
/** One of {@linkcode SESSION_ENDS}. */
export type SessionEnd = typeof SESSION_ENDS[number];

/** Why a connection never became a session. The log has the reason in words. */
export const HANDSHAKE_REFUSALS = [
  "quic", // QUIC or TLS failed, took too long, or there were too many at once.
  "webtransport", // No such protocol, origin or path, a bad request, or none in time.
  "setup", // A client that offered no protocol asked for one that is not spoken, or for nothing in time.
  "address", // Its address had all the connections that one may have.
  "max_sessions",
  "draining",
] as const;
/** One of {@linkcode HANDSHAKE_REFUSALS}. */
export type HandshakeRefusal = typeof HANDSHAKE_REFUSALS[number];

/** Which limit of the transport ended a connection or a handshake. */
export const TRANSPORT_LIMITS = [
  "handshakes", // Too many of QUIC were under way.
  "webtransport_handshakes",
  "connections_per_address",
  "unread_bytes_per_connection", // One peer sent too much that nobody had read.
  "unread_bytes", // All peers together did.
] as const;
/** One of {@linkcode TRANSPORT_LIMITS}. */
export type TransportLimit = typeof TRANSPORT_LIMITS[number];

/** The requests of MoQT. */
export const REQUEST_KINDS = [
  "publish_namespace",
  "subscribe_namespace",
  "subscribe_tracks",
  "publish",
  "subscribe",
  "fetch",
  "track_status",
  "request_update",
  "link_probe", // A TRACK_STATUS by which a relay sees that this one is there.
] as const;
/** One of {@linkcode REQUEST_KINDS}. */
export type RequestKind = typeof REQUEST_KINDS[number];

/** How a request was answered: `ok`, the error's name, or not at all. */
export const REQUEST_OUTCOMES = [
  "ok",
  "internal_error",
  "unauthorized",
  "timeout",
  "not_supported",
  "malformed_auth_token",
  "expired_auth_token",
  "going_away",
  "excessive_load",
  "does_not_exist",
  "invalid_range",
  "malformed_track",
  "duplicate_subscription",
  "uninterested",
  "prefix_overlap",
  "namespace_too_large",
  "invalid_joining_request_id",
  "unsupported_extension",
  "redirect",
  "cancelled", // Whoever asked went away first.
  "other", // A code that we have no name for.
] as const;
/** One of {@linkcode REQUEST_OUTCOMES}. */
export type RequestOutcome = typeof REQUEST_OUTCOMES[number];

/** Which limit made the cache let go of a group. */
export const EVICTIONS = ["bytes", "track_bytes", "groups", "age", "track_gone"] as const;
/** One of {@linkcode EVICTIONS}. */
export type Eviction = typeof EVICTIONS[number];

/** Why a stream that was left open for want of a reset was finished after all. */
export const PARKED_ENDS = [
  "subscription_over", // The subscriber left, or was told that the subscription is over.
  "outdated", // Its group is long past, and gone from the cache.
  "credit", // The peer allowed no stream for what is new.
  "limit", // More were left open than may be.
] as const;
/** One of {@linkcode PARKED_ENDS}. */
export type ParkedEnd = typeof PARKED_ENDS[number];

/** Why a subscriber did not get a group or subgroup, or not all of it. */
export const SKIPS = [
  "backlog", // Too many bytes were waiting for it.
  "superseded", // A newer group had begun.
  "delivery_timeout", // Its own or the publisher's delivery timeout was over.
  "streams", // It had too many streams open.
  "evicted", // The cache had let go of it already.
] as const;
/** One of {@linkcode SKIPS}. */
export type Skip = typeof SKIPS[number];

/** Why an object of a publisher was thrown away. */
export const OBJECT_DROPS = [
  "too_old", // The cache had given up its group, or its place in the group.
  "track_over", // The track had ended.
  "subgroups", // Its group had as many subgroups as a group may have, and all of them went on.
  "too_large", // Beyond `limits.max_object_bytes`.
  "replaced", // A newer publisher had taken the track over.
] as const;
/** One of {@linkcode OBJECT_DROPS}. */
export type ObjectDrop = typeof OBJECT_DROPS[number];

/** Why nothing more was taken of a track, though its publisher would send more. */
export const TRACKS_GIVEN_UP = [
  "only_drops", // Every object of it was thrown away for seconds.
  "too_large", // An object was beyond `limits.max_object_bytes`.
  "subgroup_rate", // Its subgroups began too fast.
  "streams_left_open", // Its publisher leaves the streams of its groups open.
] as const;
/** One of {@linkcode TRACKS_GIVEN_UP}. */
export type TrackGivenUp = typeof TRACKS_GIVEN_UP[number];

/** Why a stream of a publisher was stopped before its end. */
export const STREAM_STOPS = [
  "group_gone", // The cache had given up its group.
  "unknown_track", // Nobody said in time what its alias means.
  "track_over", // The subscription was over.
  "silent", // It did not say in time what it carries.
  "malformed", // It contradicts itself.
  "fetch_over", // It answers a FETCH that is over.
] as const;
/** One of {@linkcode STREAM_STOPS}. */
export type StreamStop = typeof STREAM_STOPS[number];

/** Why a datagram went nowhere. */
export const DATAGRAM_DROPS = [
  "malformed",
  "unknown_track", // Nobody said what its alias means.
  "track_over", // The subscription was over.
  "queue_full",
  "too_large", // For the subscriber's path.
  "unsent", // The transport did not take it.
] as const;
/** One of {@linkcode DATAGRAM_DROPS}. */
export type DatagramDrop = typeof DATAGRAM_DROPS[number];

/** What the draft has otherwise, and was understood. */
export const ODDITIES = [
  "misplaced", // A parameter that the message does not have.
  "form", // A value that is written in another way.
] as const;
/** One of {@linkcode ODDITIES}. */
export type Oddity = typeof ODDITIES[number];

/** What could not be understood. */
export const MALFORMED = [
  "setup",
  "control",
  "stream_type",
  "subgroup",
  "fetch",
  "datagram",
  "track", // Objects that contradict each other.
] as const;
/** One of {@linkcode MALFORMED}. */
export type Malformed = typeof MALFORMED[number];

/** Why a request was given up before its first message was there. */
export const UNREAD = [
  "reset", // The peer broke it off.
  "timeout", // The rest did not come in time.
] as const;
/** One of {@linkcode UNREAD}. */
export type Unread = typeof UNREAD[number];

/** How it was noticed that a peer cancelled a quiet request with STOP_SENDING. */
export const STOP_NOTICES = [
  "probe", // By asking now and then.
  "conflict", // Another request came that it was in the way of.
] as const;
/** One of {@linkcode STOP_NOTICES}. */
export type StopNotice = typeof STOP_NOTICES[number];

/** How it was decided between publishers of one track that brought different objects. */
export const REPLACEMENTS = [
  "newer", // The newer session has the track, and the other one's feed ended.
  "older", // The older session keeps it, and the newer one's feed ended.
  "gone", // The one before had gone.
] as const;
/** One of {@linkcode REPLACEMENTS}. */
export type Replaced = typeof REPLACEMENTS[number];

/** What goes through the relay, one way. */
export interface Flow {
  objects: number;
  /** Of payloads. */
  bytes: number;
  /** Groups begun. */
  groups: number;
  /** Subgroup streams begun. */
  subgroups: number;
  datagrams: number;
}

/** Why a track that comes from another relay moved to another way. */
export const REROUTES = [
  "link_down", // The link broke or fell silent.
  "lost", // The neighbour lost the track, or went away.
  "better_route", // The routes changed: the old way went on until the new one had taken over.
  "nearer_gone", // A publisher here had the track for a while.
] as const;
/** One of {@linkcode REROUTES}. */
export type Reroute = typeof REROUTES[number];

/** What came of looking in the directory for a track that nobody publishes here. */
export const LOOKUPS = [
  "found",
  "no_way", // Somebody has it, and nobody who was asked could bring it.
  "unknown", // Nobody has it.
] as const;
/** One of {@linkcode LOOKUPS}. */
export type Lookup = typeof LOOKUPS[number];

/** A distribution: how many values were at most each bound, and their sum. */
export class Histogram {
  /** Ascending; values beyond the last are counted as well. */
  readonly bounds: readonly number[];
  /** One count for each bound, and one for what is beyond. */
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const at = this.bounds.findIndex((bound) => value <= bound);
    this.counts[at < 0 ? this.bounds.length : at]!++;
    this.sum += value;
  }
}

/** What is counted of tracks that come from other relays. */
export class MeshMetrics {
  readonly reroutes: Record<Reroute, number> = zeros(REROUTES);
  readonly lookups: Record<Lookup, number> = zeros(LOOKUPS);
  /** In seconds. */
  readonly failoverGaps = new Histogram([0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 5, 10]);
  readonly hopCounts = new Histogram([1, 2, 3, 4, 6, 8]);

  failoverGap(milliseconds: number): void {
    this.failoverGaps.observe(milliseconds / 1000);
  }

  hops(count: number): void {
    this.hopCounts.observe(count);
  }
}

/** Every count there is since the start. Add to the numbers; nothing else happens. */
export class RelayMetrics {
  /** By the kind of connection. */
  readonly sessionsStarted = { quic: 0, webtransport: 0, memory: 0 };
  readonly sessionsEnded: Record<SessionEnd, number> = zeros(SESSION_ENDS);
  readonly handshakesRefused: Record<HandshakeRefusal, number> = zeros(HANDSHAKE_REFUSALS);
  readonly transportLimits: Record<TransportLimit, number> = zeros(TRANSPORT_LIMITS);
  /** Requests of peers, by how we answered. */
  readonly requests: Record<RequestKind, Record<RequestOutcome, number>> = outcomes();
  /** Requests of ours, by how peers answered. */
  readonly upstreamRequests: Record<RequestKind, Record<RequestOutcome, number>> = outcomes();
  /** From publishers. */
  readonly received: Flow = { objects: 0, bytes: 0, groups: 0, subgroups: 0, datagrams: 0 };
  /** To subscribers, each counted. */
  readonly sent: Flow = { objects: 0, bytes: 0, groups: 0, subgroups: 0, datagrams: 0 };
  readonly datagramsDropped: Record<DatagramDrop, number> = zeros(DATAGRAM_DROPS);
  readonly evictions: Record<Eviction, number> = zeros(EVICTIONS);
  readonly skips: Record<Skip, number> = zeros(SKIPS);
  /** Objects on streams that another publisher of the track had brought already. */
  duplicateObjects = 0;
  readonly droppedObjects: Record<ObjectDrop, number> = zeros(OBJECT_DROPS);
  readonly tracksGivenUp: Record<TrackGivenUp, number> = zeros(TRACKS_GIVEN_UP);
  readonly streamsStopped: Record<StreamStop, number> = zeros(STREAM_STOPS);
  /** Subscriptions that were ended because the subscriber was too far behind. */
  subscribersTooFarBehind = 0;
  /** In seconds. */
  readonly deliveryDelays = new Histogram([
    ...[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  ]);
  /** Streams left open because they could not be reset. */
  streamsParked = 0;
  readonly parkedStreamsFinished: Record<ParkedEnd, number> = zeros(PARKED_ENDS);
  readonly replacements: Record<Replaced, number> = zeros(REPLACEMENTS);
  /** Fetches that joined an equal one that was under way. */
  fetchesShared = 0;
  readonly requestsUnread: Record<Unread, number> = zeros(UNREAD);
  readonly requestStops: Record<StopNotice, number> = zeros(STOP_NOTICES);
  readonly malformed: Record<Malformed, number> = zeros(MALFORMED);
  readonly oddities: Record<Oddity, number> = zeros(ODDITIES);
  readonly mesh = new MeshMetrics();
  /** Certificates that were found while running, taken or not. */
  readonly certificateReloads = { ok: 0, refused: 0 };
  /** Faults of ours that no part of the program answered for. */
  unhandledErrors = 0;

  deliveryDelay(milliseconds: number): void {
    this.deliveryDelays.observe(milliseconds / 1000);
  }
}

function zeros<Word extends string>(words: readonly Word[]): Record<Word, number> {
  return Object.fromEntries(words.map((word) => [word, 0])) as Record<Word, number>;
}

function outcomes(): Record<RequestKind, Record<RequestOutcome, number>> {
  return Object.fromEntries(REQUEST_KINDS.map((kind) => [kind, zeros(REQUEST_OUTCOMES)])) as Record<
    RequestKind,
    Record<RequestOutcome, number>
  >;
}

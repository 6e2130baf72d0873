/*
 * The names that more than one part of the relay uses: why requests, sessions, objects and streams
 * come to their end, and what is counted of it. Each list stands here once. Sessions and tracks say
 * these words, the dialects have codes for them, logs and `/metrics` show them as they are; so a word
 * that is added has a series at once, and where it needs a code the compiler asks for it.
 */

/** Why a request for a track or a namespace is refused: the names of the drafts' codes. */
export const REFUSAL_KINDS = [
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
] as const;
/** One of {@linkcode REFUSAL_KINDS}. */
export type RefusalKind = typeof REFUSAL_KINDS[number];

/** How a peer's request was answered. */
export const REQUEST_OUTCOMES = [
  "ok",
  ...REFUSAL_KINDS,
  "cancelled", // Whoever asked went away first.
] as const;
/** One of {@linkcode REQUEST_OUTCOMES}. */
export type RequestOutcome = typeof REQUEST_OUTCOMES[number];

/** How a peer answered a request of ours. */
export const UPSTREAM_OUTCOMES = [
  ...REQUEST_OUTCOMES,
  "redirect", // Another relay should be asked.
  "other", // A code that we have no name for.
] as const;
/** One of {@linkcode UPSTREAM_OUTCOMES}. */
export type UpstreamOutcome = typeof UPSTREAM_OUTCOMES[number];

/** Why a track came to its end for those who follow it. */
export const TRACK_ENDS = [
  "ended", // Its publisher said so.
  "lost", // Its last publisher's session is gone, without a word about the track.
  "replaced", // Another publisher took the name and began anew.
  "malformed",
  "update_failed", // Its publisher does not take updates of the subscription, and ended it.
  "going_away",
  "expired",
  "unauthorized",
  "excessive_load",
  "internal_error",
] as const;
/** One of {@linkcode TRACK_ENDS}. */
export type TrackEndKind = typeof TRACK_ENDS[number];

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

/** Those of them that the relay makes itself. */
export const UPSTREAM_REQUEST_KINDS = [
  "subscribe_namespace",
  "publish",
  "subscribe",
  "fetch",
  "track_status",
  "request_update",
  "link_probe",
] as const satisfies readonly RequestKind[];
/** One of {@linkcode UPSTREAM_REQUEST_KINDS}. */
export type UpstreamRequestKind = typeof UPSTREAM_REQUEST_KINDS[number];

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

/** What the draft has otherwise, and was understood. */
export const ODDITIES = [
  "misplaced", // A parameter that the message does not have.
  "form", // A value that is written in another way.
] as const;
/** One of {@linkcode ODDITIES}. */
export type OddityKind = typeof ODDITIES[number];

/** Why an object of a publisher was thrown away. */
export const OBJECT_DROPS = [
  "too_old", // The cache had given up its group, or its place in the group.
  "track_over", // The track had ended.
  "subgroups", // Its group had as many subgroups as a group may have, and all of them went on.
  "too_large", // Beyond `limits.max_object_bytes`.
  "replaced", // A newer publisher had taken the track over.
] as const;
/** One of {@linkcode OBJECT_DROPS}. */
export type DropReason = typeof OBJECT_DROPS[number];

/** Why a datagram went nowhere. */
export const DATAGRAM_DROPS = [
  "unknown_track", // Nobody said what its alias means.
  "track_over", // The subscription was over.
  "too_large", // For the subscriber's path.
  "inexpressible", // In the subscriber's version of the protocol.
  "unsent", // The transport did not take it.
] as const;
/** One of {@linkcode DATAGRAM_DROPS}. */
export type DatagramDrop = typeof DATAGRAM_DROPS[number];

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

/** Why a subscriber did not get a group or subgroup, or not all of it. */
export const SKIPS = [
  "backlog", // Too many bytes were waiting for it.
  "superseded", // A newer group had begun.
  "delivery_timeout", // Its own or the publisher's delivery timeout was over.
  "streams", // It had too many streams open.
  "evicted", // The cache had let go of it already.
  "inexpressible", // Its version of the protocol cannot say what it is.
] as const;
/** One of {@linkcode SKIPS}. */
export type Skip = typeof SKIPS[number];

/** Why a stream that was left open for want of a reset was finished after all. */
export const PARKED_ENDS = [
  "subscription_over", // The subscriber left, or was told that the subscription is over.
  "abandoned", // Its publisher has gone or is silent, and another is ahead.
  "outdated", // Its group is long past, and gone from the cache.
  "credit", // The peer allowed no stream for what is new.
  "limit", // More were left open than may be.
] as const;
/** One of {@linkcode PARKED_ENDS}. */
export type ParkedEnd = typeof PARKED_ENDS[number];

/** Which limit made the cache let go of a group. */
export const EVICTIONS = ["bytes", "track_bytes", "groups", "age", "track_gone"] as const;
/** One of {@linkcode EVICTIONS}. */
export type EvictionReason = typeof EVICTIONS[number];

/** How it was decided between publishers of one track that brought different objects. */
export const REPLACEMENTS = [
  "newer", // The newer session has the track, and the other one's feed ended.
  "older", // The older session keeps it, and the newer one's feed ended.
  "gone", // The one before had gone.
] as const;
/** One of {@linkcode REPLACEMENTS}. */
export type ReplacementOutcome = typeof REPLACEMENTS[number];

/** Why a track that comes from another relay moved to another way. */
export const REROUTES = [
  "link_down", // The link broke or fell silent.
  "lost", // The neighbor lost the track, or went away.
  "better_route", // The routes changed: the old way went on until the new one had taken over.
  "nearer_gone", // A publisher here had the track for a while.
] as const;
/** One of {@linkcode REROUTES}. */
export type RerouteReason = typeof REROUTES[number];

/** What came of looking in the directory for a track that nobody publishes here. */
export const LOOKUPS = [
  "found",
  "no_way", // Somebody has it, and nobody who was asked could bring it.
  "unknown", // Nobody has it.
] as const;
/** One of {@linkcode LOOKUPS}. */
export type LookupResult = typeof LOOKUPS[number];

/** Who keeps a track that two publishers have different objects of. */
export const REPLACEMENT_POLICIES = [
  "newest", // The one whose session began later.
  "oldest", // The one whose session began earlier, as long as it is there.
  "refuse", // The same, and a second one is refused when it asks.
] as const;
/** One of {@linkcode REPLACEMENT_POLICIES}. */
export type ReplacementPolicy = typeof REPLACEMENT_POLICIES[number];

/** Where a subscription to the largest object begins. */
export const LATE_JOINS = [
  "auto", // As `group_start` for peers known to need it, and else `strict`.
  "strict", // After the largest object.
  "group_start", // At the first object of its group.
] as const;
/** One of {@linkcode LATE_JOINS}. */
export type LateJoin = typeof LATE_JOINS[number];

/** Whether publishers are told to pause while nobody wants what they offer. */
export const FORWARDS = ["on_demand", "always"] as const;
/** One of {@linkcode FORWARDS}. */
export type Forward = typeof FORWARDS[number];

/** The kinds of connections. */
export const TRANSPORTS = ["quic", "webtransport"] as const;
/** One of {@linkcode TRANSPORTS}. */
export type TransportKind = typeof TRANSPORTS[number];

/**
 * Names used by more than one part of the relay: reasons for the end of requests, sessions, objects
 * and streams, and what is counted of them. Each list is defined once. Sessions and tracks use
 * these names, dialects map them to codes, logs and `/metrics` show them unchanged; a new name gets
 * its series automatically, and the compiler requires its code.
 */

/** Why a request for a track or a namespace is refused, named as the drafts' codes. */
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
  "conflicting_filters",
  "invalid_filter",
] as const;
/** One of {@linkcode REFUSAL_KINDS}. */
export type RefusalKind = typeof REFUSAL_KINDS[number];

/** The outcomes of a peer's request. */
export const REQUEST_OUTCOMES = [
  "ok",
  ...REFUSAL_KINDS,
  "cancelled", // The peer cancelled it before the answer.
] as const;
/** One of {@linkcode REQUEST_OUTCOMES}. */
export type RequestOutcome = typeof REQUEST_OUTCOMES[number];

/** The outcomes of a request to a peer. */
export const UPSTREAM_OUTCOMES = [
  ...REQUEST_OUTCOMES,
  "redirect", // Another relay should be asked.
  "other", // A code without a name here.
] as const;
/** One of {@linkcode UPSTREAM_OUTCOMES}. */
export type UpstreamOutcome = typeof UPSTREAM_OUTCOMES[number];

/** Why a track ended for its subscribers. */
export const TRACK_ENDS = [
  "ended", // Its publisher ended it.
  "lost", // Its last publisher's session ended without PUBLISH_DONE.
  "replaced", // Another publisher took over the name.
  "malformed",
  "update_failed", // Its publisher refused an update of the subscription, and ended it.
  "going_away",
  "expired",
  "unauthorized",
  "excessive_load",
  "internal_error",
] as const;
/** One of {@linkcode TRACK_ENDS}. */
export type TrackEndKind = typeof TRACK_ENDS[number];

/** The kinds of requests. */
export const REQUEST_KINDS = [
  "publish_namespace",
  "subscribe_namespace",
  "subscribe_tracks",
  "publish",
  "subscribe",
  "fetch",
  "fill", // Past objects beside a subscription.
  "track_status",
  "request_update",
  "link_probe", // A relay's TRACK_STATUS that serves as a ping.
  "probe", // PROBE of moq-lite, which asks for the rate of the connection.
] as const;
/** One of {@linkcode REQUEST_KINDS}. */
export type RequestKind = typeof REQUEST_KINDS[number];

/** The kinds of requests that the relay sends itself. */
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
  "peer_closed", // The peer closed it without an error, or with an application's code.
  "peer_error", // The peer closed it with an error.
  "lost", // Timeout or network failure.
  "drained", // The relay drained it: the peer left, or the deadline passed.
  "kicked", // An operator ended it.
  "protocol_error", // The peer violated the protocol.
  "unauthorized",
  "limit", // The peer exceeded a limit.
  "internal_error", // An internal error of the relay.
] as const;
/** One of {@linkcode SESSION_ENDS}. */
export type SessionEnd = typeof SESSION_ENDS[number];

/** Why a request was ended that had been allowed. */
export const ACCESS_CUTS = [
  "expired", // Its token has expired.
  "revoked", // A controller revoked what allowed it, or does not allow the tenant in this region.
  "kicked", // An operator ended what there was.
  "over_quota", // Its tenant used more than its policy says for too long.
] as const;
/** One of {@linkcode ACCESS_CUTS}. */
export type AccessCut = typeof ACCESS_CUTS[number];

/** Which quota of its tenant a session or a request was refused by. */
export const QUOTAS = ["sessions", "tracks", "ingress", "egress"] as const;
/** One of {@linkcode QUOTAS}. */
export type Quota = typeof QUOTAS[number];

/** Why a connection did not become a session. The log has the details. */
export const HANDSHAKE_REFUSALS = [
  "quic", // QUIC or TLS failed, timed out, or was evicted by other handshakes.
  "webtransport", // An unknown origin or path, a malformed request, or a timeout.
  "websocket", // The same, or no encryption where it is required.
  "setup", // A client without a protocol sent no SETUP, or a malformed one.
  "protocol", // It offered no protocol or version that is enabled.
  "address", // Its address has too many connections.
  "max_sessions",
  "draining",
] as const;
/** One of {@linkcode HANDSHAKE_REFUSALS}. */
export type HandshakeRefusal = typeof HANDSHAKE_REFUSALS[number];

/** What became of clients that came while the relay was full, or began to be. */
export const CLIENT_REDIRECTS = [
  "sent", // Told to go to another relay; it may stay.
  "nowhere", // The controller knows of no other relay with room, or does not answer.
  "unassigned", // Came without `/assign` above 70 %, and was told to go to a sibling with room.
  "not_a_follower", // None of `relay.redirect_when_full`, so it was served.
] as const;
/** One of {@linkcode CLIENT_REDIRECTS}. */
export type ClientRedirect = typeof CLIENT_REDIRECTS[number];

/** Which limit of the transport ended a connection or a handshake. */
export const TRANSPORT_LIMITS = [
  "handshakes", // Too many QUIC handshakes in progress.
  "webtransport_handshakes",
  "websocket_handshakes",
  "connections_per_address",
  "unread_bytes_per_connection", // One peer's unread bytes.
  "unread_bytes", // All peers' unread bytes.
] as const;
/** One of {@linkcode TRANSPORT_LIMITS}. */
export type TransportLimit = typeof TRANSPORT_LIMITS[number];

/** Why a request ended before its first message was complete. */
export const UNREAD = [
  "reset", // The peer reset it.
  "timeout", // The rest did not arrive in time.
] as const;
/** One of {@linkcode UNREAD}. */
export type Unread = typeof UNREAD[number];

/** How a STOP_SENDING on a quiet request was detected. */
export const STOP_NOTICES = [
  "probe", // By a periodic probe.
  "conflict", // By a probe after a conflicting request.
] as const;
/** One of {@linkcode STOP_NOTICES}. */
export type StopNotice = typeof STOP_NOTICES[number];

/** Who waits for a request because the other side allows no more (MAX_REQUEST_ID). */
export const BLOCKED_REQUESTS = [
  "of_peer", // The peer said so.
  "of_relay",
] as const;
/** One of {@linkcode BLOCKED_REQUESTS}. */
export type BlockedRequest = typeof BLOCKED_REQUESTS[number];

/** Where malformed data was found. */
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

/** Accepted deviations from the draft. */
export const ODDITIES = [
  "misplaced", // A parameter that the message may not have.
  "form", // A value in another encoding.
] as const;
/** One of {@linkcode ODDITIES}. */
export type OddityKind = typeof ODDITIES[number];

/** Why an object of a publisher was dropped. */
export const OBJECT_DROPS = [
  "too_old", // Its group was evicted, or its place in the group.
  "track_over", // The track had ended.
  "subgroups", // Its group had the maximum number of subgroups, all of them open.
  "too_large", // Larger than `limits.max_object_bytes`.
  "replaced", // A newer publisher had taken over the track.
] as const;
/** One of {@linkcode OBJECT_DROPS}. */
export type DropReason = typeof OBJECT_DROPS[number];

/** Why a datagram was dropped. */
export const DATAGRAM_DROPS = [
  "unknown_track", // Its track alias was not established.
  "track_over", // The subscription had ended.
  "too_large", // Larger than the subscriber's path allows.
  "inexpressible", // The subscriber's protocol version cannot express it.
  "unsent", // The transport did not accept it.
] as const;
/** One of {@linkcode DATAGRAM_DROPS}. */
export type DatagramDrop = typeof DATAGRAM_DROPS[number];

/** Why the relay stopped receiving a track that its publisher would continue. */
export const TRACKS_GIVEN_UP = [
  "only_drops", // Every object was dropped for seconds.
  "too_large", // An object was larger than `limits.max_object_bytes`.
  "subgroup_rate", // Its subgroups started too fast.
  "streams_left_open", // Its publisher leaves the streams of old groups open.
  "unauthorized", // Its publisher may no longer publish it.
] as const;
/** One of {@linkcode TRACKS_GIVEN_UP}. */
export type TrackGivenUp = typeof TRACKS_GIVEN_UP[number];

/** Why a publisher's stream was stopped before its end. */
export const STREAM_STOPS = [
  "group_gone", // Its group was evicted.
  "unknown_track", // Its track alias was not established in time.
  "track_over", // The subscription had ended.
  "silent", // It did not send its header in time.
  "malformed", // It contradicts itself.
  "fetch_over", // The FETCH that it answers had ended.
] as const;
/** One of {@linkcode STREAM_STOPS}. */
export type StreamStop = typeof STREAM_STOPS[number];

/** Why a subscriber did not get all of a group or subgroup. */
export const SKIPS = [
  "backlog", // Too many bytes were waiting for it.
  "superseded", // A newer group had started.
  "delivery_timeout", // The delivery timeout of the subscriber or publisher passed.
  "streams", // It had too many open streams.
  "evicted", // It was evicted from the cache before it was sent.
  "inexpressible", // The subscriber's protocol version cannot express it.
  "out_of_order", // It came after later objects of its group, which is one stream for the subscriber.
] as const;
/** One of {@linkcode SKIPS}. */
export type Skip = typeof SKIPS[number];

/** What a peer was not told, or was told otherwise, because its dialect has no words for it. */
export const INEXPRESSIBLE = [
  "message", // A message: it was left out, or what asked for it was refused.
  "object", // An object, and what is behind it in its subgroup.
  "property", // A property of a track: it was left out.
  "object_properties", // Properties of a group's objects: they were left out.
  "gaps", // Gaps between the ids of a group's objects: they were closed.
] as const;
/** One of {@linkcode INEXPRESSIBLE}. */
export type Inexpressible = typeof INEXPRESSIBLE[number];

/** Why a parked stream was finished. */
export const PARKED_ENDS = [
  "subscription_over", // The subscriber left, or was told of the subscription's end.
  "abandoned", // Its publisher is gone or silent, and another one is ahead.
  "outdated", // Its group is superseded and evicted.
  "credit", // The peer granted no stream credit for new data.
  "limit", // The limit of parked streams.
] as const;
/** One of {@linkcode PARKED_ENDS}. */
export type ParkedEnd = typeof PARKED_ENDS[number];

/** Which limit evicted a group. */
export const EVICTIONS = ["bytes", "track_bytes", "groups", "age", "track_gone"] as const;
/** One of {@linkcode EVICTIONS}. */
export type EvictionReason = typeof EVICTIONS[number];

/** The outcome of a conflict between two publishers of one track. */
export const REPLACEMENTS = [
  "newer", // The newer session took the track over; the older one's feed ended.
  "older", // The older session kept the track; the newer one's feed ended.
  "gone", // The previous publisher had gone.
] as const;
/** One of {@linkcode REPLACEMENTS}. */
export type ReplacementOutcome = typeof REPLACEMENTS[number];

/** Why a remote track was rerouted. */
export const REROUTES = [
  "link_down", // The link failed or timed out.
  "lost", // The neighbor lost the track, or left.
  "better_route", // The routes changed; the old path was used until the new one took over.
  "nearer_gone", // A local publisher had the track for a while.
] as const;
/** One of {@linkcode REROUTES}. */
export type RerouteReason = typeof REROUTES[number];

/** The outcomes of a directory lookup for a track without a local publisher. */
export const LOOKUPS = [
  "found",
  "no_way", // A relay has the track, but none could deliver it.
  "unknown", // No relay has the track.
] as const;
/** One of {@linkcode LOOKUPS}. */
export type LookupResult = typeof LOOKUPS[number];

/** How `/announced` and `/fetch` were answered over HTTP. */
export const LOOKUP_OUTCOMES = [
  "ok",
  "malformed",
  "unauthorized",
  "not_found",
  "too_many", // More than the relay answers at once, or a group above the limit.
  "timed_out",
  "failed",
] as const;
/** One of {@linkcode LOOKUP_OUTCOMES}. */
export type LookupOutcome = typeof LOOKUP_OUTCOMES[number];

/** How requests of players of HLS were answered. */
export const HLS_OUTCOMES = LOOKUP_OUTCOMES;
/** One of {@linkcode HLS_OUTCOMES}. */
export type HlsOutcome = typeof HLS_OUTCOMES[number];

/** What players of HLS are not given. */
export const HLS_LOSSES = [
  "catalog", // It is none, or an update of none.
  "track", // It is not understood, or MP4 has no such codec.
  "object", // It is no media.
  "segment", // It was given up for want of room.
] as const;
/** One of {@linkcode HLS_LOSSES}. */
export type HlsLoss = typeof HLS_LOSSES[number];

/** Why a group is not kept on disk. */
export const DISK_DROPS = [
  "queue_full", // Groups come faster than they are written.
  "too_large", // It has more than half of what a track may have, or than a record may.
  "too_many_tracks",
  "failed", // It could not be written, or a write had failed shortly before.
] as const;
/** One of {@linkcode DISK_DROPS}. */
export type DiskDrop = typeof DISK_DROPS[number];

/** What became of the reading of a group on disk. */
export const DISK_READS = [
  "ok",
  "damaged", // Its checksum is wrong: nothing of it was given.
  "failed", // The file could not be read.
  "busy", // Too many were being read.
  "expired", // It is older than its publisher allows.
] as const;
/** One of {@linkcode DISK_READS}. */
export type DiskRead = typeof DISK_READS[number];

/** Why a segment on disk was deleted. */
export const DISK_DELETIONS = [
  "bytes",
  "track_bytes",
  "age",
  "count", // Of groups or segments.
  "replaced", // The track was replaced by another of its name.
] as const;
/** One of {@linkcode DISK_DELETIONS}. */
export type DiskDeletion = typeof DISK_DELETIONS[number];

/** Which publisher keeps a track when two send different objects. */
export const REPLACEMENT_POLICIES = [
  "newest", // The one with the newer session.
  "oldest", // The one with the older session, while it is connected.
  "refuse", // As `oldest`, and a second publisher's request is refused.
] as const;
/** One of {@linkcode REPLACEMENT_POLICIES}. */
export type ReplacementPolicy = typeof REPLACEMENT_POLICIES[number];

/** Where a subscription to the largest object starts. */
export const LATE_JOINS = [
  "auto", // `group_start` for peers known to need it, otherwise `strict`.
  "strict", // After the largest object.
  "group_start", // At the first object of its group.
] as const;
/** One of {@linkcode LATE_JOINS}. */
export type LateJoin = typeof LATE_JOINS[number];

/** Whether publishers are paused while their tracks have no subscribers. */
export const FORWARDS = ["on_demand", "always"] as const;
/** One of {@linkcode FORWARDS}. */
export type Forward = typeof FORWARDS[number];

/** The kinds of transports. */
export const TRANSPORTS = ["quic", "webtransport", "websocket"] as const;
/** One of {@linkcode TRANSPORTS}. */
export type TransportKind = typeof TRANSPORTS[number];

/** How encoders come that are no sessions. */
export const INGEST_PROTOCOLS = ["rtmp", "http"] as const;
/** One of {@linkcode INGEST_PROTOCOLS}. */
export type IngestProtocol = typeof INGEST_PROTOCOLS[number];

/** Why an encoder was not let in. */
export const ENCODER_REFUSALS = [
  "malformed", // What it sent first is not its protocol.
  "timeout", // It did not say in time what it wants to publish.
  "unauthorized",
  "name", // Its key names nothing that can be published, or what another publisher keeps.
  "max_encoders",
  "draining",
] as const;
/** One of {@linkcode ENCODER_REFUSALS}. */
export type EncoderRefusal = typeof ENCODER_REFUSALS[number];

/** How an encoder ended. */
export const ENCODER_ENDS = [
  "ended", // It said that it has ended.
  "lost", // Its connection ended without a word.
  "stalled", // It sent nothing for too long.
  "malformed", // What it sent is not its protocol, or not its container.
  "unauthorized", // Its token is over, or was revoked.
  "drained", // The relay drained it.
  "internal_error",
] as const;
/** One of {@linkcode ENCODER_ENDS}. */
export type EncoderEnd = typeof ENCODER_ENDS[number];

/** Why a frame of an encoder became no object. */
export const FRAME_DROPS = [
  "no_config", // Nothing was said of how it is decoded.
  "no_key_frame", // It builds on a frame that is not there.
  "malformed", // Its bitstream contradicts itself.
  "codec", // A codec that is not supported.
  "too_large", // Larger than `limits.max_object_bytes`.
  "too_many_tracks",
] as const;
/** One of {@linkcode FRAME_DROPS}. */
export type FrameDrop = typeof FRAME_DROPS[number];

/** Which limit slowed an encoder down, or ended its connection. */
export const ENCODER_LIMITS = [
  "connections", // Too many of one address, or that had not begun to publish: one was closed.
  "rate", // It sent faster than it may, and was read no faster.
] as const;
/** One of {@linkcode ENCODER_LIMITS}. */
export type EncoderLimit = typeof ENCODER_LIMITS[number];

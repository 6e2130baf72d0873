/*
 * Names of sessions: how they begin, what of their peers is refused, and why they end.
 */

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

/** Which quota of its tenant a session or a request was refused by. */
export const QUOTAS = ["sessions", "tracks", "ingress", "egress"] as const;
/** One of {@linkcode QUOTAS}. */
export type Quota = typeof QUOTAS[number];

/** Why a request was ended that had been allowed. */
export const ACCESS_CUTS = [
  "expired", // Its token has expired.
  "revoked", // A controller revoked what allowed it, or does not allow the tenant in this region.
  "kicked", // An operator ended what there was.
  "over_quota", // Its tenant used more than its policy says for too long.
] as const;
/** One of {@linkcode ACCESS_CUTS}. */
export type AccessCut = typeof ACCESS_CUTS[number];

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

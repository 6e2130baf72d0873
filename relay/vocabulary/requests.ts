/*
 * Names of requests: what is asked, how it is answered, and what becomes of it before.
 */

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

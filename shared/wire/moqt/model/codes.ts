/*
 * The names of why requests, subscriptions, streams and sessions end. Each draft has numbers for those
 * that it knows.
 */

/** Why a request is refused (#iana-request-error). */
export type RequestErrorName =
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
  | "redirect";

/** Why a subscription ended (#iana-publish-done). */
export type DoneName =
  | "internal_error"
  | "unauthorized"
  | "track_ended"
  | "subscription_ended"
  | "going_away"
  | "too_far_behind"
  | "expired"
  | "update_failed"
  | "excessive_load"
  | "malformed_track"
  /** Between our relays: another publisher took over the name, and the track begins anew. */
  | "replaced";

/** A name, or a number that no name is known for. */
export type Code<N extends string> = N | "unknown";

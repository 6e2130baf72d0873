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
  | "redirect"
  | "conflicting_filters"
  | "invalid_filter";

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

/** Why a session is closed (#iana-session-termination). */
export type SessionErrorName =
  | "no_error"
  | "internal_error"
  | "unauthorized"
  | "protocol_violation"
  | "invalid_request_id"
  /** Up to draft 16. */
  | "too_many_requests"
  | "duplicate_track_alias"
  | "key_value_formatting_error"
  | "invalid_path"
  | "malformed_path"
  | "goaway_timeout"
  | "control_message_timeout"
  | "data_stream_timeout"
  | "auth_token_cache_overflow"
  | "duplicate_auth_token_alias"
  | "version_negotiation_failed"
  | "malformed_auth_token"
  | "unknown_auth_token_alias"
  | "expired_auth_token"
  | "invalid_authority"
  | "malformed_authority"
  | "too_many_request_updates";

/** Why a stream is reset, or the other side asked to stop it (#stream-reset-codes). */
export type StreamErrorName =
  | "internal_error"
  | "cancelled"
  | "delivery_timeout"
  | "session_closed"
  | "going_away"
  | "too_far_behind"
  | "unknown_object_status"
  | "expired_auth_token"
  | "excessive_load"
  | "malformed_track";

/** The numbers that a draft has for names that peers send and receive. */
export type CodeTable<N extends string> =
  & Readonly<Partial<Record<N, number>>>
  & { readonly internal_error: number };

/** The codes that sessions are closed with. */
export type SessionCodes = CodeTable<SessionErrorName> & {
  readonly no_error: number;
  readonly protocol_violation: number;
};

/** The number of a session's end; one that the draft has no number for ends as a violation. */
export function sessionCodeOf(codes: SessionCodes, name: SessionErrorName): number {
  return codes[name] ?? codes.protocol_violation;
}

/** The codes that streams are reset and stopped with. */
export type StreamCodes = Readonly<Record<StreamErrorName, number>>;

/** A name, or a number that no name is known for. */
export type Code<N extends string> = N | "unknown";

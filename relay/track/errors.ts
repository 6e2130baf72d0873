/**
 * A publisher broke the model: what it sends cannot be the track it claims to be
 * (#malformed-tracks). Ends that track for everybody, and nothing else.
 */
export class MalformedTrack extends Error {
  override readonly name = "MalformedTrack";
}

/** A publisher brings what lies behind what another brought: it counts in another way. */
export class OtherNumbering extends MalformedTrack {}

/** Why a request for a track or a namespace is refused. Each protocol has codes of its own for these. */
export type RefusalKind =
  | "internal_error"
  | "unauthorized"
  | "timeout"
  | "not_supported"
  | "going_away"
  | "excessive_load"
  | "does_not_exist"
  | "invalid_range"
  | "malformed_track"
  | "duplicate_subscription"
  | "uninterested"
  | "prefix_overlap"
  | "namespace_too_large"
  | "invalid_joining_request"
  | "unsupported_extension"
  | "malformed_token"
  | "expired_token";

/** A refusal, with a sentence for people. */
export interface Refusal {
  readonly kind: RefusalKind;
  readonly reason: string;
  /** Milliseconds after which the same request may succeed; absent when it will not. */
  readonly retryAfter?: number;
}

/** Why a track came to its end for those who follow it. */
export type TrackEndKind =
  /** Its publisher said so. */
  | "ended"
  /** Nobody publishes it any more: the last publisher's session is gone, without a word about the track. */
  | "lost"
  /** Another publisher took the name and began anew. */
  | "replaced"
  | "malformed"
  /** Its publisher does not take updates of the subscription, and ended it. */
  | "update_failed"
  | "going_away"
  | "expired"
  | "unauthorized"
  | "excessive_load"
  | "internal_error";

/** The end of a track, with a sentence for people. */
export interface TrackEnd {
  readonly kind: TrackEndKind;
  readonly reason: string;
}

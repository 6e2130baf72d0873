/*
 * Names of tracks at the relay: who publishes them, what is kept of them, and why they end.
 */

/** Which publisher keeps a track when two send different objects. */
export const REPLACEMENT_POLICIES = [
  "newest", // The one with the newer session.
  "oldest", // The one with the older session, while it is connected.
  "refuse", // As `oldest`, and a second publisher's request is refused.
] as const;
/** One of {@linkcode REPLACEMENT_POLICIES}. */
export type ReplacementPolicy = typeof REPLACEMENT_POLICIES[number];

/** The outcome of a conflict between two publishers of one track. */
export const REPLACEMENTS = [
  "newer", // The newer session took the track over; the older one's feed ended.
  "older", // The older session kept the track; the newer one's feed ended.
  "gone", // The previous publisher had gone.
] as const;
/** One of {@linkcode REPLACEMENTS}. */
export type ReplacementOutcome = typeof REPLACEMENTS[number];

/** Whether publishers are paused while their tracks have no subscribers. */
export const FORWARDS = ["on_demand", "always"] as const;
/** One of {@linkcode FORWARDS}. */
export type Forward = typeof FORWARDS[number];

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

/** Which limit evicted a group. */
export const EVICTIONS = ["bytes", "track_bytes", "groups", "age", "track_gone"] as const;
/** One of {@linkcode EVICTIONS}. */
export type EvictionReason = typeof EVICTIONS[number];

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

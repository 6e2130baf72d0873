/*
 * Names of what subscribers get of a track, and what they do not.
 */

/** Where a subscription to the largest object starts. */
export const LATE_JOINS = [
  "auto", // `group_start` for peers known to need it, otherwise `strict`.
  "strict", // After the largest object.
  "group_start", // At the first object of its group.
] as const;
/** One of {@linkcode LATE_JOINS}. */
export type LateJoin = typeof LATE_JOINS[number];

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

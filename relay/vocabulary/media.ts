/*
 * Names of encoders and of what is answered over HTTP.
 */

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

/** Which limit slowed an encoder down, or ended its connection. */
export const ENCODER_LIMITS = [
  "connections", // Too many of one address, or that had not begun to publish: one was closed.
  "rate", // It sent faster than it may, and was read no faster.
] as const;
/** One of {@linkcode ENCODER_LIMITS}. */
export type EncoderLimit = typeof ENCODER_LIMITS[number];

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

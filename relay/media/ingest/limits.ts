/** Limits of encoders that are not for configuration, each with its reason. */

/** Media tracks of one encoder: an encoder with several renditions has a handful. */
export const MAX_ENCODER_TRACKS = 16;

/**
 * Bytes of the groups in progress that are kept of one encoder, from which tracks are served that are
 * only made for those who ask: four seconds of 16 Mbit/s. A longer group is served from the next one on.
 */
export const MAX_KEPT_BYTES = 8_388_608;

/** Objects of a group in progress that are kept: ten seconds of audio and 120 frames a second of video. */
export const MAX_KEPT_OBJECTS = 2_048;

/** Audio begins a group at least this often, for those who join or fall behind. */
export const AUDIO_GROUP_US = 1_000_000;

/**
 * Audio begins a group with each group of video too, so that both begin together where a viewer joins, but
 * not more often than this: where every frame of video is a key frame, it would begin one with each.
 */
export const MIN_AUDIO_GROUP_US = 250_000;

/** How long video may go on without a key frame before the log says it: nobody can join meanwhile. */
export const NO_KEY_FRAME_US = 15_000_000;

/** How long an encoder may send as fast as it can, after it was quiet: a key frame, or what it had queued. */
export const PACE_BURST_MS = 2_000;

/** What a message counts for beside its bytes, since tiny ones cost the relay as much as these. */
export const MESSAGE_COST_BYTES = 1_000;

/** Steps in which the catalog says how late frames come: it is not told anew for every fragment. */
export const DELAY_STEP_US = 100_000;

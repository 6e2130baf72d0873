/** Bytes of a catalog's document, and of an update of it: a hundred renditions with their headers. */
export const MAX_CATALOG_BYTES = 262_144;

/** Levels of objects and lists in a catalog's document: both formats have four. */
export const MAX_CATALOG_DEPTH = 32;

/** Updates behind a document, before another whole one has to come. */
export const MAX_CATALOG_UPDATES = 1_024;

/** Media tracks of one catalog; those behind are left out. */
export const MAX_CATALOG_TRACKS = 32;

/** Bytes that initialize a decoder: parameter sets of video are hundreds. */
export const MAX_DESCRIPTION_BYTES = 16_384;

/** Bytes of the header of a CMAF track: a KiB without encryption. */
export const MAX_INIT_BYTES = 65_536;

/** Characters of a codec, a label, a language or a name in a catalog. */
export const MAX_CATALOG_TEXT = 256;

/** Pixels of a side of a picture, as MP4 and codecs have 16 bits for them. */
export const MAX_PICTURE_SIDE = 65_535;

/** Channels of audio. */
export const MAX_CHANNELS = 64;

/** Samples of audio a second. */
export const MAX_SAMPLE_RATE = 768_000;

/** Names in one answer of `/announced`; the rest is cut off, which the answer says. */
export const MAX_ANNOUNCED_NAMES = 10_000;

/** Look-ups over HTTP at once, whoever asks. */
export const MAX_LOOKUPS = 256;

/** Those of one address among them: who waits for many groups must not take the turns of everybody. */
export const MAX_LOOKUPS_PER_ADDRESS = 64;

/** Bytes of a group in an answer of `/fetch`: it is held in memory until it is sent. */
export const MAX_LOOKUP_BYTES = 16_777_216;

/** How long a look-up may take, in milliseconds. */
export const LOOKUP_TIMEOUT_MS = 30_000;

/** How long the latest group may pause before it is sent as far as it has come, in milliseconds. */
export const LOOKUP_QUIET_MS = 500;

/** Samples of one fragment of MP4: some minutes of frames, and of audio some seconds. */
export const MAX_FRAGMENT_SAMPLES = 4_096;

/** How long the rest of a group is waited for when a later one has begun, in milliseconds. */
export const GROUP_PATIENCE_MS = 1_000;

/**
 * The longest time between two frames, and between a frame's decoding and its presentation, in
 * microseconds: behind it the times of a track do not follow on.
 */
export const MAX_SAMPLE_GAP_US = 10_000_000;

/** Frames that wait for one that is presented later: codecs reorder sixteen. */
export const MAX_WAITING_FRAMES = 32;

/** Headers of one track: its encoder changed so often. */
export const MAX_INITS = 256;

/** The shortest segment, as a part of the usual one: key frames of cameras come a little early. */
export const SHORT_SEGMENT = 0.9;

/** The longest segment, as a multiple of the usual one, where no key frame comes. */
export const LONGEST_SEGMENT = 2;

/** Whole segments that are kept for players that are late, behind those of the playlist. */
export const HLS_KEPT_SEGMENTS = 2;

/** Requests of players at once: each that waits for the next part is one. */
export const MAX_HLS_REQUESTS = 4_096;

/** Tracks of one broadcast that are cut into segments at once. */
export const MAX_HLS_TRACKS = 16;

/** Segments ahead of the newest that a player may wait for. */
export const MAX_AHEAD_SEGMENTS = 2;

/** How long a player waits for the first segment of a track, or for a catalog, in milliseconds. */
export const HLS_READY_MS = 10_000;

/** How long a publisher that left is waited for before a broadcast is over, in milliseconds. */
export const HLS_PATIENCE_MS = 5_000;

/** How often a track is asked for again that a catalog has and nobody delivers, in milliseconds. */
export const RETRY_TRACK_MS = 500;

/** How often it is looked for what nobody watches, in milliseconds. */
export const HLS_LOOK_MS = 2_000;

/** How far arrival and timestamps may be apart before the time of day is taken anew, in milliseconds. */
export const MAX_WALL_DRIFT_MS = 10_000;

/** Reasons that the log of one broadcast names, each once. */
export const MAX_LOGGED_LOSSES = 32;

/** Groups whose beginning is read to know what is kept of a track: of more, one of several. */
export const MAX_PAST_READS = 2_000;

/** Segments of what is kept that a playlist shows: more than two hours of the usual ones. */
export const MAX_PAST_SEGMENTS = 4_000;

/** Segments of what is kept that are made at once: each is read whole. */
export const MAX_PAST_BUILDS = 8;

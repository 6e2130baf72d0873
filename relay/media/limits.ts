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

/** Bytes of a group in an answer of `/fetch`: it is held in memory until it is sent. */
export const MAX_LOOKUP_BYTES = 16_777_216;

/** How long a look-up may take, in milliseconds. */
export const LOOKUP_TIMEOUT_MS = 30_000;

/** How long the latest group may pause before it is sent as far as it has come, in milliseconds. */
export const LOOKUP_QUIET_MS = 500;

/** Samples of one fragment of MP4: some minutes of frames, and of audio some seconds. */
export const MAX_FRAGMENT_SAMPLES = 4_096;

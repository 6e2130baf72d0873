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

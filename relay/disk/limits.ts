/** Limits of the window on disk that are not for configuration, each with its reason. */

/** Bytes of a segment: the oldest are deleted whole, so they are a small part of a track's window. */
export const MAX_SEGMENT_BYTES = 67_108_864;

/** A smaller segment is a file for nothing. */
export const MIN_SEGMENT_BYTES = 1_048_576;

/** Segments that a track's window is divided into, in bytes and in time: what is deleted at once. */
export const SEGMENTS_OF_A_WINDOW = 16;

/** Bytes of one group on disk: it is written, and read, as one. A larger one is not kept. */
export const MAX_GROUP_BYTES = 67_108_864;

/** Groups on disk together: each has 25 bytes of memory in the index. */
export const MAX_DISK_GROUPS = 2_000_000;

/** Tracks on disk, each of which has a file at least; of more nothing is kept. */
export const MAX_DISK_TRACKS = 10_000;

/** Bytes of groups that wait to be written: seconds of a fast relay. What comes beyond is not kept. */
export const MAX_DISK_QUEUE_BYTES = 67_108_864;

/** How long groups are collected before they are written: one write for many small ones. */
export const DISK_WRITE_DELAY_MS = 200;

/** Bytes that are written at once. */
export const MAX_WRITE_BYTES = 8_388_608;

/** How long nothing is kept after a write failed: a full disk is not tried at every group. */
export const DISK_PAUSE_MS = 30_000;

/** Files that are open for reading at once; others wait. */
export const MAX_DISK_READERS = 16;

/** Reads that wait or are under way: beyond it a group counts as not kept. */
export const MAX_DISK_READS = 1_024;

/** How often what is too old is deleted, at most. */
export const DISK_SWEEP_MS = 60_000;

/** Bytes of a segment's header: the track's names and properties, as text. */
export const MAX_HEADER_BYTES = 262_144;

/** Sources of a track that are remembered, to know one of them again. */
export const MAX_DISK_SOURCES = 64;

/** Files in the folder: what bounds bytes alone would leave many small ones. */
export const MAX_DISK_SEGMENTS = 65_536;

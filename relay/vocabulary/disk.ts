/*
 * Names of what is kept in files.
 */

/** Why a group is not kept on disk. */
export const DISK_DROPS = [
  "queue_full", // Groups come faster than they are written.
  "too_large", // It has more than half of what a track may have, or than a record may.
  "too_many_tracks",
  "failed", // It could not be written, or a write had failed shortly before.
] as const;
/** One of {@linkcode DISK_DROPS}. */
export type DiskDrop = typeof DISK_DROPS[number];

/** What became of the reading of a group on disk. */
export const DISK_READS = [
  "ok",
  "damaged", // Its checksum is wrong: nothing of it was given.
  "failed", // The file could not be read.
  "busy", // Too many were being read.
  "expired", // It is older than its publisher allows.
] as const;
/** One of {@linkcode DISK_READS}. */
export type DiskRead = typeof DISK_READS[number];

/** Why a segment on disk was deleted. */
export const DISK_DELETIONS = [
  "bytes",
  "track_bytes",
  "age",
  "count", // Of groups or segments.
  "replaced", // The track was replaced by another of its name.
] as const;
/** One of {@linkcode DISK_DELETIONS}. */
export type DiskDeletion = typeof DISK_DELETIONS[number];

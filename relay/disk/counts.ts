import type { DiskDeletion, DiskDrop, DiskRead } from "../vocabulary/mod.ts";

/** What happened with groups that were to be kept on disk. */
export interface DiskCounts {
  /** What is on disk now. */
  readonly kept: { bytes: number; groups: number; segments: number; tracks: number };
  readonly written: { groups: number; bytes: number };
  /** Writes that failed. */
  writesFailed: number;
  /** Groups that were not kept. */
  readonly dropped: Record<DiskDrop, number>;
  /** Groups that were to be read. */
  readonly reads: Record<DiskRead, number>;
  /** Segments that were deleted. */
  readonly deleted: Record<DiskDeletion, number>;
}

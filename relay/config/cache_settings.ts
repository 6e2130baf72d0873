import { bytes, listOf, milliseconds, section, text } from "@qumo/shared/runtime";
import { count, GIB, path } from "./values.ts";

/** Where groups are kept that memory lets go, for viewers who go back. */
const disk = section({
  /** The folder, for this relay alone; empty: nothing is kept on disk. */
  folder: path(),
  /** Bytes of all files. The oldest are deleted. */
  maxBytes: bytes(16_777_216, 1024 * 1024 * GIB).default(10 * GIB),
  /** Bytes of one track's files. */
  maxTrackBytes: bytes(2_097_152, 1024 * 1024 * GIB).default(2 * GIB),
  /** How long a group is kept, and a sixteenth of that at most beyond. */
  maxAgeMs: milliseconds(10_000, 31_536_000_000).default(3_600_000),
  /** What is kept, as prefixes of namespaces; an empty one is everything. */
  namespaces: listOf(text(1024), 1_000).default([""]),
});

/** The limits of the cache. At any of them the oldest groups are evicted. */
export const cacheSettings = section({
  /** Of all tracks together. */
  maxBytes: bytes(1_048_576, 1024 * GIB).default(268_435_456),
  maxTrackBytes: bytes(1_048_576, 1024 * GIB).default(33_554_432),
  maxGroupsPerTrack: count(1_000_000).default(100),
  maxAgeMs: milliseconds(100).default(30_000),
  disk,
});

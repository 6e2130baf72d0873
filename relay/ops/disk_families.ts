import { counter, counters, type Family, gauge } from "./family.ts";

/** Metrics of groups that are kept on disk. */
export const diskFamilies: readonly Family[] = [
  gauge(
    "qumo_relay_disk_bytes",
    "Bytes of groups on disk.",
    ({ counts }) => counts.disk.kept.bytes,
  ),
  gauge("qumo_relay_disk_groups", "Groups on disk.", ({ counts }) => counts.disk.kept.groups),
  gauge(
    "qumo_relay_disk_segments",
    "Files with groups on disk.",
    ({ counts }) => counts.disk.kept.segments,
  ),
  gauge(
    "qumo_relay_disk_tracks",
    "Tracks of which groups are kept on disk.",
    ({ counts }) => counts.disk.kept.tracks,
  ),
  counter(
    "qumo_relay_disk_written_groups_total",
    "Groups written to disk.",
    ({ counts }) => counts.disk.written.groups,
  ),
  counter(
    "qumo_relay_disk_written_bytes_total",
    "Bytes of groups written to disk.",
    ({ counts }) => counts.disk.written.bytes,
  ),
  counter(
    "qumo_relay_disk_write_failures_total",
    "Writes to disk that failed; nothing is kept for a while after one.",
    ({ counts }) => counts.disk.writesFailed,
  ),
  counters(
    "qumo_relay_disk_dropped_groups_total",
    "Groups that are not kept on disk, by reason.",
    "reason",
    ({ counts }) => counts.disk.dropped,
  ),
  counters(
    "qumo_relay_disk_reads_total",
    "Groups that were to be read from disk, by outcome.",
    "outcome",
    ({ counts }) => counts.disk.reads,
  ),
  counters(
    "qumo_relay_disk_segments_deleted_total",
    "Files with groups that were deleted, by reason.",
    "reason",
    ({ counts }) => counts.disk.deleted,
  ),
];

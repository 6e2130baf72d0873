import { type Clock, sleep } from "@qumo/shared/runtime";
import type { Location } from "@qumo/shared/wire";
import { CacheSink } from "./cache_sink.ts";
import type { TrackEntry } from "./feeds.ts";
import { type LocationRange, planFetch } from "./fetch_plan.ts";
import { MAX_BACKFILL_GROUPS, PAST_PATIENCE_MS } from "./limits.ts";
import type { Track } from "./track.ts";

/** For whom something of a track is fetched. */
export interface BackfillOptions {
  readonly clock: Clock;
  /** Aborted when nobody waits for it any more. */
  readonly signal: AbortSignal;
  /** What is missed, by one that had the track from elsewhere before. */
  readonly missing?: Location;
}

/**
 * Fetches the group that a track is at, from its first object, when that is not here: for a subscriber
 * that cannot use a group without its beginning, of a publisher that only sends what is new. A track
 * that is one group and rarely changes, like a catalog, would never reach it otherwise. One that had
 * the track from elsewhere and misses it from a group on is brought that one and what follows, as far
 * as that is not too much. A publisher that was asked for it with the subscription has a moment to
 * send it.
 */
export async function backfill(
  { track, feeds }: TrackEntry,
  { clock, signal, missing }: BackfillOptions,
): Promise<void> {
  if (feeds.fromGroupStart || missingRange(track, missing) === undefined) return;
  if (feeds.bringsPast) await sleep(clock, PAST_PATIENCE_MS, signal);
  const range = missingRange(track, missing);
  const [publisher] = feeds.publishers;
  if (signal.aborted || range === undefined || publisher === undefined) return;
  const source = feeds.sourceOf(publisher);
  const sink = new CacheSink(track, { clock, source, start: range.start });
  await publisher.fetch({ name: track.name, order: "ascending", ...range }, sink).finished;
  sink.release();
}

/** What is to be fetched; undefined when all is here, or nothing was published. */
function missingRange(track: Track, missing: Location | undefined): LocationRange | undefined {
  const { largest } = track;
  if (largest === undefined) return undefined;
  const earliest = largest.group - MAX_BACKFILL_GROUPS + 1n;
  const asked = missing === undefined || missing.group > largest.group ? largest : missing;
  const group = asked.group < earliest ? earliest : asked.group;
  const range = { start: { group, object: 0n }, end: largest };
  if (track.groupsBetween(group, largest.group).length === 0) return range;
  // Of the group that the track is at, what lies before the first object that came.
  const start = { group: largest.group, object: 0n };
  const [first] = planFetch(track, { start, end: largest }, "ascending");
  return first?.kind === "unknown" && first.range.start.object === 0n ? first.range : undefined;
}

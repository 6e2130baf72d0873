import { type Clock, sleep } from "@qumo/shared/runtime";
import type { Location } from "@qumo/shared/wire";
import { cachingFetches } from "./cached_fetch.ts";
import type { TrackEntry } from "./feeds.ts";
import { type LocationRange, planFetch } from "../objects/fetch_plan.ts";
import { InTurn } from "./in_turn.ts";
import { MAX_BACKFILL_GROUPS, PAST_PATIENCE_MS } from "../limits.ts";
import type { FetchSink } from "./publisher.ts";
import type { Track } from "../objects/track.ts";

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
  entry: TrackEntry,
  { clock, signal, missing }: BackfillOptions,
): Promise<void> {
  const { track, feeds } = entry;
  if (feeds.fromGroupStart || missingRange(track, missing) === undefined) return;
  if (feeds.bringsPast) await sleep(clock, PAST_PATIENCE_MS, signal);
  const range = missingRange(track, missing);
  if (signal.aborted || range === undefined) return;
  // What others say would be for nobody: it is not kept.
  const publishers = feeds.trustedFor(range.end.group);
  if (publishers.length === 0) return;
  const sources = publishers.map((publisher) => cachingFetches(publisher, entry, clock));
  const request = { name: track.name, order: "ascending", ...range } as const;
  await new InTurn(sources, clock).fetch(request, NOWHERE).finished;
}

/** What comes is kept, and that is all. */
const NOWHERE: FetchSink = { object: () => {}, unknownUpTo: () => {} };

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

import { type Clock, sleep } from "@qumo/shared/runtime";
import type { Location } from "@qumo/shared/wire";
import { cachingFetches } from "./cached_fetch.ts";
import type { TrackEntry } from "./track_entry.ts";
import { type LocationRange, planFetch } from "../objects/fetch_plan.ts";
import { InTurn } from "./in_turn.ts";
import { MAX_BACKFILL_GROUPS, PAST_PATIENCE_MS } from "../limits.ts";
import type { FetchSink } from "./publisher.ts";
import type { Track } from "../objects/track.ts";

/** What {@linkcode backfill} works with. */
export interface BackfillOptions {
  readonly clock: Clock;
  /** Aborted when the subscriber has left. */
  readonly signal: AbortSignal;
  /** The first missing object of a subscriber that received the track from another relay before. */
  readonly missing?: Location;
}

/**
 * Fetches the missing start of a track's current group, for a subscriber that cannot use a group
 * without its first object. Otherwise a track of a single group that rarely changes, like a
 * catalog, would never be complete. For a subscriber with a gap since an earlier group, that group
 * and the following ones are fetched, up to a limit. A publisher whose subscription requested past
 * objects has a moment to send them first.
 */
export async function backfill(
  entry: TrackEntry,
  { clock, signal, missing }: BackfillOptions,
): Promise<void> {
  const { track, feeds } = entry;
  if (feeds.past.fromGroupStart || missingRange(track, missing) === undefined) return;
  if (feeds.past.isRequested) await sleep(clock, PAST_PATIENCE_MS, signal);
  const range = missingRange(track, missing);
  if (signal.aborted || range === undefined) return;
  // Objects of other publishers would not be cached, and thus reach no subscriber.
  const publishers = feeds.past.trustedFor(range.end.group);
  if (publishers.length === 0) return;
  const sources = publishers.map((publisher) => cachingFetches(publisher, entry, clock));
  const request = { name: track.name, order: "ascending", ...range } as const;
  await new InTurn(sources, clock).fetch(request, NOWHERE).finished;
}

/**
 * Gives publishers whose subscriptions requested past objects a moment to send them, where something of
 * a range is missing.
 */
export async function awaitPast(
  { track, feeds }: TrackEntry,
  range: LocationRange,
  { clock, signal }: Pick<BackfillOptions, "clock" | "signal">,
): Promise<void> {
  if (!feeds.past.isRequested) return;
  for (const { kind } of planFetch(track, range, "ascending")) {
    if (kind === "unknown") return await sleep(clock, PAST_PATIENCE_MS, signal);
  }
}

/** Drops the objects, which are only needed in the cache. */
const NOWHERE: FetchSink = { object: () => {}, unknownUpTo: () => {} };

/** The range to fetch; undefined when nothing is missing, or nothing was published. */
function missingRange(track: Track, missing: Location | undefined): LocationRange | undefined {
  const { largest } = track;
  if (largest === undefined) return undefined;
  const earliest = largest.group - MAX_BACKFILL_GROUPS + 1n;
  const asked = missing === undefined || missing.group > largest.group ? largest : missing;
  const group = asked.group < earliest ? earliest : asked.group;
  const range = { start: { group, object: 0n }, end: largest };
  if (track.groupsBetween(group, largest.group).length === 0) return range;
  // The part of the current group before its first cached object.
  const start = { group: largest.group, object: 0n };
  const [first] = planFetch(track, { start, end: largest }, "ascending");
  return first?.kind === "unknown" && first.range.start.object === 0n ? first.range : undefined;
}

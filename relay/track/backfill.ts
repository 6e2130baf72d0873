import { type Clock, sleep } from "@qumo/shared/runtime";
import { type Location, ObjectStatus } from "@qumo/shared/wire";
import { MalformedTrack } from "./errors.ts";
import type { TrackEntry } from "./feeds.ts";
import { type LocationRange, planFetch } from "./fetch_plan.ts";
import { MAX_BACKFILL_GROUPS, PAST_PATIENCE_MS } from "./limits.ts";
import type { FetchedObject, FetchSink } from "./publisher.ts";
import type { Source } from "./source.ts";
import { SubgroupWriter, type SubgroupWriterOptions } from "./subgroup_writer.ts";
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
  const sink = new BackfillSink(track, { clock, source: feeds.sourceOf(publisher) });
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

/**
 * Puts fetched objects into the cache as if they had just come, each subgroup into its log. The logs
 * stay open: more may come live.
 */
class BackfillSink implements FetchSink {
  readonly #track: Track;
  readonly #options: SubgroupWriterOptions;
  // Of the group that comes, by subgroup.
  readonly #writers = new Map<bigint, SubgroupWriter>();
  #group: bigint | undefined;

  constructor(track: Track, options: { clock: Clock; source: Source | undefined }) {
    this.#track = track;
    this.#options = { ...options, isRelayed: true, isFetched: true };
  }

  object(fetched: FetchedObject): void {
    const { group, subgroup, object, properties, payload } = fetched;
    if (subgroup === undefined) return;
    if (group !== this.#group) this.release();
    this.#group = group;
    const writer = this.#writers.get(subgroup) ?? this.#begin(group, subgroup, fetched.priority);
    try {
      writer.object(object, properties, payload.length, ObjectStatus.NORMAL);
      writer.payload(payload);
      writer.flush();
    } catch (error) {
      // What came live meanwhile says otherwise, and is believed.
      if (!(error instanceof MalformedTrack)) throw error;
    }
  }

  /** Leaves the logs to what comes live. */
  release(): void {
    for (const writer of this.#writers.values()) writer.release();
    this.#writers.clear();
  }

  // What is unknown stays so.
  unknownUpTo(): void {}

  #begin(group: bigint, subgroup: bigint, priority: number): SubgroupWriter {
    const isDefault = priority === this.#track.properties.defaultPriority;
    const live = this.#track.group(group)?.newestLog(subgroup);
    const writer = new SubgroupWriter(this.#track, {
      group,
      subgroup,
      // A stream's own word on it counts more than that of a FETCH.
      priority: live !== undefined ? live.priority : isDefault ? undefined : priority,
      // Whether a stream of the publisher would have a block for them is not known.
      hasProperties: true,
      endOfGroup: false,
      firstObject: true,
    }, this.#options);
    this.#writers.set(subgroup, writer);
    return writer;
  }
}

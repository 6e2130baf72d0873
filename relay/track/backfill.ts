import type { Clock } from "@qumo/shared/runtime";
import { type Location, ObjectStatus } from "@qumo/shared/wire";
import { MalformedTrack } from "./errors.ts";
import type { TrackEntry } from "./feeds.ts";
import { MAX_BACKFILL_GROUPS } from "./limits.ts";
import type { FetchedObject, FetchSink } from "./publisher.ts";
import { SubgroupWriter } from "./subgroup_writer.ts";
import type { Track } from "./track.ts";

/**
 * Fetches the group that a track is at, from its first object, when nothing of it is here: for a
 * subscriber that cannot use a group without its beginning, of a publisher that only sends what is
 * new. A track that is one group and rarely changes, like a catalog, would never reach it otherwise.
 * One that had the track from elsewhere and misses it from a group on is brought that one and what
 * follows, as far as that is not too much.
 */
export async function backfill(
  { track, feeds }: TrackEntry,
  clock: Clock,
  missing?: Location,
): Promise<void> {
  const { largest } = track;
  const [publisher] = feeds.publishers;
  if (largest === undefined || publisher === undefined || feeds.fromGroupStart) return;
  const earliest = largest.group - MAX_BACKFILL_GROUPS + 1n;
  const asked = missing === undefined || missing.group > largest.group ? largest : missing;
  const group = asked.group < earliest ? earliest : asked.group;
  if (track.groupsBetween(group, largest.group).length > 0) return;
  const range = { start: { group, object: 0n }, end: largest };
  const sink = new BackfillSink(track, clock);
  await publisher.fetch({ name: track.name, order: "ascending", ...range }, sink).finished;
  sink.release();
}

/**
 * Puts fetched objects into the cache as if they had just come, each subgroup into its log. The logs
 * stay open: more may come live.
 */
class BackfillSink implements FetchSink {
  readonly #track: Track;
  readonly #clock: Clock;
  // Of the group that comes, by subgroup.
  readonly #writers = new Map<bigint, SubgroupWriter>();
  #group: bigint | undefined;

  constructor(track: Track, clock: Clock) {
    this.#track = track;
    this.#clock = clock;
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
    const writer = new SubgroupWriter(this.#track, {
      group,
      subgroup,
      priority: isDefault ? undefined : priority,
      // Whether a stream of the publisher would have a block for them is not known.
      hasProperties: true,
      endOfGroup: false,
      firstObject: true,
    }, this.#clock);
    this.#writers.set(subgroup, writer);
    return writer;
  }
}

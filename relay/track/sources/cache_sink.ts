import type { Clock } from "@qumo/shared/runtime";
import { type Location, ObjectStatus } from "@qumo/shared/wire";
import { MalformedTrack } from "../errors.ts";
import type { FetchedObject, FetchSink } from "./publisher.ts";
import type { Renderer } from "../objects/renderer.ts";
import type { Source } from "../objects/source.ts";
import type { SubgroupWriterOptions } from "../objects/stream_logs.ts";
import { SubgroupWriter } from "../objects/subgroup_writer.ts";
import type { Track } from "../objects/track.ts";

/**
 * Puts fetched objects into the cache as if they had just come, each subgroup into its log. The logs
 * stay open: more may come live.
 */
export class CacheSink implements FetchSink {
  readonly #track: Track;
  readonly #options: Omit<SubgroupWriterOptions, "renderer">;
  // Of the group that comes and in the dialect that it comes in, by subgroup.
  readonly #writers = new Map<bigint, SubgroupWriter>();
  #group: bigint | undefined;
  #renderer: Renderer | undefined;
  readonly #start: Location;

  /** `start` is where the fetch begins. */
  constructor(
    track: Track,
    { start, ...options }: { clock: Clock; source: Source | undefined; start: Location },
  ) {
    this.#track = track;
    this.#start = start;
    this.#options = { ...options, isRelayed: true, isFetched: true };
  }

  object(fetched: FetchedObject): void {
    const { group, subgroup, object, properties, payload, renderer } = fetched;
    if (subgroup === undefined) return;
    if (group !== this.#group || renderer !== this.#renderer) this.release();
    this.#group = group;
    this.#renderer = renderer;
    const writer = this.#writers.get(subgroup) ?? this.#begin(subgroup, fetched);
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

  #begin(subgroup: bigint, fetched: FetchedObject): SubgroupWriter {
    const { group, priority, renderer } = fetched;
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
      firstObject: group !== this.#start.group || this.#start.object === 0n,
    }, { ...this.#options, renderer });
    this.#writers.set(subgroup, writer);
    return writer;
  }
}

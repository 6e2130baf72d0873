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
 * Adds fetched objects to the cache like newly received ones, each to the log of its subgroup. The
 * logs stay open for live objects.
 */
export class CacheSink implements FetchSink {
  readonly #track: Track;
  readonly #options: Omit<SubgroupWriterOptions, "renderer">;
  // Of the current group, in the dialect of its objects, by subgroup.
  readonly #writers = new Map<bigint, SubgroupWriter>();
  #group: bigint | undefined;
  #renderer: Renderer | undefined;
  readonly #start: Location;

  /** `start` is the first location of the fetch. */
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
      // Live objects that arrived meanwhile take precedence.
      if (!(error instanceof MalformedTrack)) throw error;
    }
  }

  /** Releases the logs for live objects. */
  release(): void {
    for (const writer of this.#writers.values()) writer.release();
    this.#writers.clear();
  }

  // Unknown ranges are not cached.
  unknownUpTo(): void {}

  #begin(subgroup: bigint, fetched: FetchedObject): SubgroupWriter {
    const { group, priority, renderer } = fetched;
    const isDefault = priority === this.#track.properties.defaultPriority;
    const live = this.#track.group(group)?.newestLog(subgroup);
    const writer = new SubgroupWriter(this.#track, {
      group,
      subgroup,
      // The priority on a subgroup's own stream takes precedence over that in a FETCH.
      priority: live !== undefined ? live.priority : isDefault ? undefined : priority,
      // Whether the publisher's stream would have property blocks is unknown.
      hasProperties: true,
      endOfGroup: false,
      firstObject: group !== this.#start.group || this.#start.object === 0n,
    }, { ...this.#options, renderer });
    this.#writers.set(subgroup, writer);
    return writer;
  }
}

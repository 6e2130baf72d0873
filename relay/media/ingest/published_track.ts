import { type Clock, joinBytes } from "@qumo/shared/runtime";
import { compareLocations, type FullTrackName, type Location } from "@qumo/shared/wire";
import type { FetchRequest, FetchSink, Renderer, TrackEnd } from "../../track/mod.ts";
import { MAX_KEPT_OBJECTS } from "./limits.ts";
import type { LocalFeed, MediaObject, TrackFacts } from "./local_feed.ts";

/** What a {@linkcode PublishedTrack} is. */
export interface PublishedTrackInit extends TrackFacts {
  readonly name: FullTrackName;
  readonly clock: Clock;
  readonly renderer: Renderer;
  /** The bytes that are kept of all the publisher's tracks. */
  readonly kept: KeptBytes;
}

/** The bytes that one publisher keeps of its groups in progress, and their limit. */
export interface KeptBytes {
  bytes: number;
  readonly max: number;
}

/** The group in progress, from which those who join get its beginning. */
interface CurrentGroup {
  id: bigint;
  readonly objects: MediaObject[];
  bytes: number;
  /** Whether all of its objects are kept. */
  isWhole: boolean;
}

/**
 * A track of a publisher in this process: what is written goes to each feed, and who comes later gets
 * the group in progress from its beginning.
 */
export class PublishedTrack {
  readonly name: FullTrackName;
  readonly facts: TrackFacts;
  readonly #init: PublishedTrackInit;
  readonly #feeds = new Set<LocalFeed>();
  #next: bigint;
  #last: Location | undefined;
  #group: CurrentGroup | undefined;

  constructor(init: PublishedTrackInit) {
    this.name = init.name;
    this.facts = { block: init.block, properties: init.properties };
    this.#init = init;
    this.#next = this.#newest();
  }

  /** The location of the last object. */
  get largest(): Location | undefined {
    return this.#last;
  }

  /** Whether a feed delivers it that was offered. */
  get isOffered(): boolean {
    for (const { offered } of this.#feeds) if (offered) return true;
    return false;
  }

  /** Adds a feed from the next group on. */
  add(feed: LocalFeed): void {
    // What another publisher has sent meanwhile is behind.
    this.#next = later(this.#next, this.#newest());
    this.#feeds.add(feed);
  }

  /** Adds a feed with what is there of the group in progress. */
  join(feed: LocalFeed): void {
    const group = this.#group;
    this.#feeds.add(feed);
    if (group === undefined || !group.isWhole) return;
    const { largest } = feed.target.track;
    if (largest !== undefined && largest.group > group.id) {
      group.id = later(largest.group + 1n, this.#newest());
      this.#next = later(this.#next, group.id + 1n);
    }
    feed.begin(group.id);
    for (const object of group.objects) feed.write(object);
  }

  remove(feed: LocalFeed): void {
    this.#feeds.delete(feed);
  }

  /** Begins the next group; the one before it is complete. */
  begin(): void {
    this.#endGroup(true);
    const id = this.#next++;
    this.#group = { id, objects: [], bytes: 0, isWhole: true };
    for (const feed of [...this.#feeds]) feed.begin(id);
  }

  /** Adds an object to the group in progress. */
  write(object: MediaObject): void {
    const group = this.#group;
    if (group === undefined) return;
    this.#last = {
      group: group.id,
      object: (this.#last?.group === group.id ? this.#last.object : -1n) + 1n,
    };
    this.#keep(group, object);
    for (const feed of [...this.#feeds]) feed.write(object);
  }

  /** Passes what is kept of a range to a sink. */
  fetch({ start, end }: FetchRequest, sink: FetchSink): void {
    const group = this.#group;
    if (group === undefined || !group.isWhole) return;
    for (const [object, { properties, parts }] of group.objects.entries()) {
      const isIn = isBetween({ group: group.id, object: BigInt(object) }, start, end);
      if (!isIn) continue;
      sink.object({
        group: group.id,
        subgroup: 0n,
        object,
        priority: this.facts.properties.defaultPriority,
        properties,
        payload: joinBytes(parts),
        renderer: this.#init.renderer,
      });
    }
  }

  /** Ends the track for all. */
  end(end: TrackEnd): void {
    this.#release();
    for (const feed of [...this.#feeds]) feed.end(end);
    this.#feeds.clear();
  }

  #endGroup(isComplete: boolean): void {
    this.#release();
    for (const feed of [...this.#feeds]) feed.endGroup(isComplete);
  }

  #keep(group: CurrentGroup, object: MediaObject): void {
    if (!group.isWhole) return;
    const { kept } = this.#init;
    const size = object.length + object.properties.length;
    if (kept.bytes + size > kept.max || group.objects.length >= MAX_KEPT_OBJECTS) {
      this.#release();
      this.#group = { ...group, objects: [], bytes: 0, isWhole: false };
      return;
    }
    group.objects.push(object);
    group.bytes += size;
    kept.bytes += size;
  }

  #release(): void {
    this.#init.kept.bytes -= this.#group?.bytes ?? 0;
    this.#group = undefined;
  }

  /**
   * The id of a group that begins now. It lies ahead of all groups of an encoder that was here before, so
   * that one that comes back goes on where that one was, and what that one still sends is behind.
   */
  #newest(): bigint {
    return BigInt(Math.max(0, Math.floor(this.#init.clock.wall())));
  }
}

function later(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}

function isBetween(at: Location, start: Location, end: Location): boolean {
  return compareLocations(start, at) <= 0 && compareLocations(at, end) <= 0;
}

import type { HeadFilter } from "./object_filter.ts";
import { type LogReader, SubgroupLog } from "./subgroup_log.ts";

/** The object that is being taken. */
interface Taken {
  /** Bytes of its payload that are still to come. */
  left: number;
  /** Their offset in the source. */
  at: number;
}

/** What a {@linkcode FilteredLog} has to do with its track. */
export interface FilteredPlace {
  /** The number of the track at this relay. */
  readonly track: bigint;
  /** Counts memory of the group. */
  grow(bytes: number): void;
}

/**
 * The objects of a subgroup that pass a filter, as a log of their own, for all subscribers with this
 * filter: ids on a stream are counted from the object before. Its stream says nothing of the end of
 * the group, whose last object may not have passed.
 */
export class FilteredLog implements LogReader {
  /** Those objects. */
  readonly log: SubgroupLog;
  readonly #source: SubgroupLog;
  readonly #filter: HeadFilter;
  readonly #place: FilteredPlace;
  // No object of the source below this id is left to take.
  #next: number;
  #taken: Taken | undefined;
  #isOver = false;

  constructor(source: SubgroupLog, filter: HeadFilter, place: FilteredPlace) {
    this.#source = source;
    this.#filter = filter;
    this.#place = place;
    this.#next = source.givenUpTo + 1;
    const { group, groupOrdinal, subgroup, priority, hasProperties, isFetched } = source;
    const { source: token, timeouts, timescale, defaultPriority, renderer } = source;
    this.log = new SubgroupLog({
      track: place.track,
      group,
      groupOrdinal,
      subgroup,
      priority,
      hasProperties,
      endOfGroup: false,
      firstObject: source.firstObject && this.#passesFirst(),
      isFetched,
      source: token,
      timeouts,
      timescale,
      defaultPriority,
      renderer,
    });
    source.follow(this);
    this.wake();
  }

  wake(): void {
    if (this.#isOver) return;
    const before = this.log.bytes;
    this.#advance();
    this.log.flush();
    if (this.#source.state !== "open") this.#end();
    // Last, because it may evict what was just written.
    this.#place.grow(this.log.bytes - before);
  }

  evicted(): void {
    if (!this.#isOver && this.#source.givenUpTo >= this.#next) this.#leave("incomplete");
  }

  /** Evicts everything. Returns the released bytes. */
  evict(): number {
    this.#leave("incomplete");
    return this.log.evictAll();
  }

  #passesFirst(): boolean {
    const { upcoming, count, givenUpTo } = this.#source;
    if (upcoming !== undefined) return this.#filter.passes(upcoming.id, upcoming.properties);
    if (count === 0 || givenUpTo >= 0) return false;
    const { id, properties } = this.#source.objectAt(0);
    return this.#filter.passes(id, properties);
  }

  #advance(): void {
    for (;;) {
      if (this.#taken !== undefined && !this.#takePayload(this.#taken)) return;
      this.#taken = undefined;
      const index = this.#source.indexOf(this.#next);
      if (index >= this.#source.count) return;
      this.#take(index);
    }
  }

  /** Appends what has arrived of the current object; false when more is to come. */
  #takePayload(taken: Taken): boolean {
    const end = Math.min(taken.at + taken.left, this.#source.size);
    for (const view of this.#source.views(taken.at, end)) {
      this.log.append(view);
      taken.at += view.length;
      taken.left -= view.length;
    }
    return taken.left === 0;
  }

  #take(index: number): void {
    const object = this.#source.objectAt(index);
    const { id, properties, payloadLength, payloadStart, status, time } = object;
    this.#next = id + 1;
    if (!this.#filter.passes(id, properties)) return;
    const head = { id, properties: properties.bytes, payloadLength, status };
    this.log.begin(head, properties.form, time);
    this.#taken = { left: payloadLength, at: payloadStart };
  }

  #end(): void {
    if (this.#source.isAbandoned) this.log.abandon();
    const isWhole = this.#source.state === "complete" && this.#taken === undefined;
    this.#leave(isWhole ? "complete" : "incomplete");
  }

  #leave(state: "complete" | "incomplete"): void {
    this.#isOver = true;
    this.#source.unfollow(this);
    this.log.end(state);
  }
}

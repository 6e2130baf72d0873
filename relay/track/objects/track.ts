import {
  compareLocations,
  type FullTrackName,
  type Location,
  type PropertyBlock,
  type TrackProperties,
} from "@qumo/shared/wire";
import type { Cache, Evictable } from "./cache.ts";
import { LoggedDrops } from "./logged_drops.ts";
import { FilterUses } from "./filter_uses.ts";
import { MalformedTrack, type TrackEnd } from "../errors.ts";
import { Gaps } from "./gaps.ts";
import type { DatagramObject } from "./datagram_object.ts";
import { Group } from "./group.ts";
import type { ObjectFilter } from "./object_filter.ts";
import type { Renderer } from "./renderer.ts";
import type { Rendering } from "./rendering.ts";
import { ABANDONED_GROUP_MS } from "../limits.ts";
import { reach, type Reached, type Source, Sources } from "./source.ts";
import type { SubgroupLog } from "./subgroup_log.ts";
import { TrackReports } from "./track_reports.ts";
import type { EvictionReason } from "../../vocabulary.ts";
import { WholeGroup } from "./whole_group.ts";

/** A reader of a track. Calls are synchronous and must not throw. */
export interface TrackReader {
  /** A subgroup started; its objects are in the log, or will be. */
  subgroup(log: SubgroupLog): void;
  /**
   * The track's first object arrives, from this source: a largest location reported by others is
   * void. Called before the object is added.
   */
  began?(source: string | undefined): void;
  /** An object arrived as a datagram. */
  datagram(group: bigint, object: DatagramObject): void;
  /** The track ended. */
  ended(end: TrackEnd): void;
}

/** One track: its cached groups, its properties and its readers. */
export class Track implements Evictable {
  readonly name: FullTrackName;
  /** Unique within the relay. */
  readonly number: bigint;
  /** Declared gaps of group ids. */
  readonly gaps = new Gaps();
  /** The sources that have delivered objects. */
  readonly sources = new Sources();
  /** What publishers reported of the track. */
  readonly reports = new TrackReports(this.sources);
  /** Bytes of new payload received, and bytes of streams and datagrams sent to all subscribers. */
  readonly traffic = { received: 0, sent: 0 };
  /** Whether a group was seen that has several subgroups. */
  isLayered = false;
  /** Groups that are put together as one log and are not over. */
  readonly openWholes = new Set<WholeGroup>();
  /** The filters that its subscribers have. */
  readonly filters = new FilterUses();
  /** The drop reasons that were logged. */
  readonly loggedDrops = new LoggedDrops();
  readonly #cache: Cache;
  readonly #groups = new Map<bigint, Group>();
  // Group ids, ascending.
  #order: bigint[] = [];
  readonly #readers = new Set<TrackReader>();
  #bytes = 0;
  #groupsBegun = 0;
  #largest: Reached | undefined;
  #hasBegun = false;
  #evictedUpTo = -1n;
  #end: Location | undefined;
  #ended: TrackEnd | undefined;

  constructor(name: FullTrackName, number: bigint, cache: Cache) {
    this.name = name;
    this.number = number;
    this.#cache = cache;
  }

  /**
   * The largest location; undefined before the first object. With several sources, that of the
   * leading source and of those that deliver the same track.
   */
  get largest(): Location | undefined {
    const reported = this.reports.valid.largest;
    if (this.#largest === undefined) return reported;
    const { leading } = this.reports;
    const { group, object } = leading && this.sources.reachedWith(leading) || this.#largest;
    const arrived = { group, object: BigInt(object) };
    return reported === undefined || compareLocations(reported, arrived) < 0 ? arrived : reported;
  }

  /** The location from which on nothing exists, if a publisher declared it. */
  get end(): Location | undefined {
    return this.#end;
  }

  /** Why the track ended; undefined before. */
  get endReason(): TrackEnd | undefined {
    return this.#ended;
  }

  /**
   * The track's properties as the publisher encoded them, to be forwarded unchanged; undefined for
   * none.
   */
  get propertyBlock(): PropertyBlock | undefined {
    return this.reports.valid.block;
  }

  /** The known properties in {@linkcode Track.propertyBlock}. */
  get properties(): TrackProperties {
    return this.reports.valid.properties;
  }

  /** Memory of the track's objects. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Where another source should resume: the start of the oldest incomplete group. Undefined before
   * the first object.
   */
  get resumePoint(): Location | undefined {
    const newest = this.#order[this.#order.length - 1];
    if (newest === undefined) return undefined;
    const open = this.#order.find((id) => this.#groups.get(id)!.isOpen);
    return { group: open ?? newest, object: 0n };
  }

  /** The time of the last arrival in the newest group, in the clock's milliseconds. */
  get lastArrival(): number | undefined {
    const newest = this.#order[this.#order.length - 1];
    return newest === undefined ? undefined : this.#groups.get(newest)!.touched;
  }

  get groupCount(): number {
    return this.#groups.size;
  }

  /** The number of groups with a stream that is being received. */
  get openGroupCount(): number {
    return this.#groups.values().filter(({ isOpen }) => isOpen).reduce((sum) => sum + 1, 0);
  }

  get oldestGroup(): Group | undefined {
    const oldest = this.#order[0];
    return oldest === undefined ? undefined : this.#groups.get(oldest);
  }

  /** The number of readers. */
  get readerCount(): number {
    return this.#readers.size;
  }

  isLatest(group: Group): boolean {
    return this.#order[this.#order.length - 1] === group.id;
  }

  group(id: bigint): Group | undefined {
    return this.#groups.get(id);
  }

  /** The cached groups between two ids, both included, ascending. */
  groupsBetween(from: bigint, to: bigint): Group[] {
    return this.#order.filter((id) => id >= from && id <= to).map((id) => this.#groups.get(id)!);
  }

  follow(reader: TrackReader): void {
    this.#readers.add(reader);
  }

  unfollow(reader: TrackReader): void {
    this.#readers.delete(reader);
  }

  /** Notes that an object at this location started to arrive. */
  advance(group: bigint, object: number): void {
    if (this.#largest === undefined) this.#largest = { group, object };
    else reach(this.#largest, group, object);
  }

  /** The effective priority of a subgroup or datagram; undefined means the track's default. */
  priorityOf(priority: number | undefined): number {
    return priority ?? this.properties.defaultPriority;
  }

  /** Whether objects of this group are too old to be stored or forwarded. */
  isTooOld(group: bigint): boolean {
    return group <= this.#evictedUpTo && !this.#groups.has(group);
  }

  /** The group of this id; a new one is only added by {@linkcode Track.keep}. */
  groupFor(id: bigint, now: number): Group {
    const known = this.#groups.get(id);
    if (known !== undefined) return known;
    if (this.#end !== undefined && id > this.#end.group) {
      throw new MalformedTrack(`Group ${id} lies behind the end of the track`);
    }
    if (this.gaps.has(id)) throw new MalformedTrack(`Group ${id} lies in a gap of the track`);
    return new Group(id, this.#groupsBegun, now);
  }

  /**
   * Adds a group, if it is new, with data of `by`; false when it is older than everything that the
   * cache has room for.
   */
  keep(group: Group, by?: Source): boolean {
    const { id } = group;
    if (this.#groups.get(id) === group) return true;
    if (by !== undefined && this.sources.hasOther(by)) this.#abandonBefore(group, by);
    this.#groupsBegun++;
    this.#groups.set(id, group);
    this.#insertInOrder(id);
    this.#cache.add(this, group);
    this.#wakeWholes();
    return this.#groups.get(id) === group;
  }

  /** Abandons groups of other sources that have been silent for a while, when `by` moves on. */
  #abandonBefore({ id, touched: now }: Group, by: Source): void {
    for (const before of this.#order) {
      if (before >= id) return;
      const group = this.#groups.get(before)!;
      if (now - group.touched >= ABANDONED_GROUP_MS) group.abandonFor(by);
    }
  }

  /** Notifies readers of a new subgroup. */
  announceSubgroup(log: SubgroupLog): void {
    this.#tellBegan(log.source);
    for (const reader of this.#readers) reader.subgroup(log);
  }

  /** Notifies readers of a datagram. */
  announceDatagram(group: bigint, object: DatagramObject, source: string | undefined): void {
    this.#tellBegan(source);
    for (const reader of this.#readers) reader.datagram(group, object);
  }

  #tellBegan(source: string | undefined): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    for (const reader of this.#readers) reader.began?.(source);
  }

  /** Throws for locations behind the track's end. */
  checkLocation(group: bigint, object: number): void {
    const end = this.#end;
    if (end === undefined || group < end.group) return;
    if (group > end.group || BigInt(object) >= end.object) {
      throw new MalformedTrack(`Object ${group}/${object} lies behind the end of the track`);
    }
  }

  /** Throws for an end before existing objects. */
  checkEnd(end: Location): void {
    const arrived = this.#largest;
    const reported = this.reports.valid.largest;
    const passed = arrived !== undefined &&
        compareLocations({ group: arrived.group, object: BigInt(arrived.object) }, end) >= 0 ||
      // The reported location may be that of the object that marks the end.
      reported !== undefined && compareLocations(reported, end) > 0;
    if (passed) throw new MalformedTrack("The track ends before its largest object");
  }

  /** Declares that nothing exists at or behind this location. */
  endAt(end: Location): void {
    this.checkEnd(end);
    this.#end = end;
  }

  /** Whether a gap of `length` groups before `group` is new; throws if a group is in it. */
  checkGap(group: bigint, length: bigint): boolean {
    if (!this.gaps.isNews(group, length, "group")) return false;
    const covered = this.#order.find((id) => id < group && id >= group - length);
    if (covered !== undefined) {
      throw new MalformedTrack(`A gap before group ${group} covers group ${covered}`);
    }
    return true;
  }

  /** Changes the size of a group's objects by this many bytes. */
  grow(group: Group, bytes: number): void {
    if (bytes === 0 || this.#groups.get(group.id) !== group) return;
    group.grow(bytes);
    this.#bytes += bytes;
    this.#cache.grow(this, bytes);
  }

  /** The subgroup's rendering in a dialect, created on demand. */
  render(log: SubgroupLog, renderer: Renderer): Rendering {
    const known = log.renderingOf(renderer);
    if (known !== undefined) return known;
    const before = log.bytes;
    const rendering = log.render(renderer);
    const group = this.#groups.get(log.group);
    if (group?.holds(log)) this.grow(group, log.bytes - before);
    return rendering;
  }

  /** The log with what passes a filter of a subgroup; undefined when nothing does. */
  filteredOf(log: SubgroupLog, filter: ObjectFilter): SubgroupLog | undefined {
    const left = filter.of(log.subgroup, this.priorityOf(log.priority));
    if (typeof left === "boolean") return left ? log : undefined;
    const group = this.#groups.get(log.group);
    return group?.filtered.get(log, left, {
      track: this.number,
      grow: (bytes) => this.grow(group, bytes),
    });
  }

  /**
   * The log to send in place of `log` in a dialect in which a group is one stream; undefined when it is
   * part of a stream that begins with another log of its group.
   */
  wholeOf(log: SubgroupLog, renderer: Renderer): SubgroupLog | undefined {
    const group = this.#groups.get(log.group);
    if (group === undefined) return log;
    if (!group.wholes.isLead(log)) return undefined;
    if (log.isKeptIn(renderer)) return log;
    return (group.wholes.get(renderer) ?? this.#makeWhole(group, renderer)).log;
  }

  #makeWhole(group: Group, renderer: Renderer): WholeGroup {
    const whole = new WholeGroup({
      track: this,
      group,
      isLatest: () => this.isLatest(group),
      grow: (bytes) => this.grow(group, bytes),
    }, renderer);
    group.wholes.set(renderer, whole);
    return whole;
  }

  /** Whether nothing is added any more to the stream of a log's group in such a dialect. */
  isWholeOver({ group }: SubgroupLog, renderer: Renderer): boolean {
    return this.#groups.get(group)?.wholes.isOver(renderer) ?? true;
  }

  /** Groups wait for each other: an older one has no further subgroups when a newer one begins. */
  #wakeWholes(): void {
    for (const whole of [...this.openWholes]) whole.wake();
  }

  /** The datagram in a dialect, created on demand; empty if the dialect cannot express it. */
  renderDatagram(object: DatagramObject, renderer: Renderer): Uint8Array {
    const known = object.renderingOf(renderer);
    if (known !== undefined) return known;
    const bytes = object.render(renderer);
    const group = this.#groups.get(object.group);
    if (group?.growDatagram(object, bytes.length)) this.grow(group, bytes.length);
    return bytes;
  }

  /** Evicts a group; its readers fall behind. */
  evict(group: Group, reason: EvictionReason): void {
    this.#forget(group, reason);
    group.evict();
  }

  #forget(group: Group, reason: EvictionReason): void {
    this.grow(group, -group.bytes);
    this.#groups.delete(group.id);
    this.#order = this.#order.filter((id) => id !== group.id);
    if (group.id > this.#evictedUpTo) this.#evictedUpTo = group.id;
    this.#cache.remove(group, reason);
  }

  /** Evicts everything of a group that continues; false when there is nothing. */
  empty(group: Group, reason: EvictionReason): boolean {
    if (group.bytes === 0) return false;
    this.#cache.evictions[reason]++;
    this.grow(group, -group.bytes);
    group.evict();
    return true;
  }

  /** Drops the oldest subgroups of a group to make room; false when none can be dropped. */
  makeRoom(group: Group): boolean {
    const freed = group.makeRoom();
    if (freed === undefined) return false;
    this.grow(group, -freed);
    return true;
  }

  /** Evicts the start of a group that is still growing; false when nothing can be evicted. */
  trim(group: Group, reason: EvictionReason): boolean {
    const freed = group.trim();
    if (freed === 0) return false;
    this.#cache.evictions[reason]++;
    this.grow(group, -freed);
    return true;
  }

  /**
   * Ends the track and notifies its readers. The cache drops the track; a reader within a subgroup
   * can read it to the end.
   */
  finish(end: TrackEnd): void {
    if (this.#ended !== undefined) return;
    this.#ended = end;
    for (const group of [...this.#groups.values()]) {
      for (const log of group.logs) log.end("incomplete");
      this.#wakeWholes();
      this.#forget(group, "track_gone");
    }
    for (const reader of [...this.#readers]) reader.ended(end);
    this.#readers.clear();
  }

  #insertInOrder(id: bigint): void {
    let at = this.#order.length;
    while (at > 0 && this.#order[at - 1]! > id) at--;
    this.#order.splice(at, 0, id);
  }
}

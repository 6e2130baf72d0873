import type { FullTrackName, Location, PropertyBlock, TrackProperties } from "@qumo/shared/wire";
import type { Cache, Evictable } from "./cache.ts";
import { LoggedDrops } from "./logged_drops.ts";
import { FilterUses } from "./filter_uses.ts";
import { MalformedTrack, type TrackEnd } from "../errors.ts";
import type { DatagramObject } from "./datagram_object.ts";
import { Group } from "./group.ts";
import { GroupList } from "./group_list.ts";
import { ABANDONED_GROUP_MS } from "../limits.ts";
import { Recording } from "./recording.ts";
import { type Source, Sources } from "./source.ts";
import type { SubgroupLog } from "./subgroup_log.ts";
import { TrackExtent } from "./track_extent.ts";
import { TrackRenderings } from "./track_renderings.ts";
import { TrackReports } from "./track_reports.ts";
import type { TrackRecorder } from "../sources/archive.ts";
import type { EvictionReason } from "../../vocabulary/mod.ts";

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
  /** The sources that have delivered objects. */
  readonly sources = new Sources();
  /** What publishers reported of the track. */
  readonly reports = new TrackReports(this.sources);
  readonly extent = new TrackExtent(this.sources, this.reports);
  /** Bytes of new payload received, and bytes of streams and datagrams sent to all subscribers. */
  readonly traffic = { received: 0, sent: 0 };
  /** Whether a group was seen that has several subgroups. */
  isLayered = false;
  /** The filters that its subscribers have. */
  readonly filters = new FilterUses();
  /** Its objects in the dialects of its subscribers. */
  readonly renderings = new TrackRenderings(this);
  /** The drop reasons that were logged. */
  readonly loggedDrops = new LoggedDrops();
  readonly #cache: Cache;
  readonly #groups = new GroupList();
  readonly #readers = new Set<TrackReader>();
  #bytes = 0;
  #groupsBegun = 0;
  #hasBegun = false;
  #evictedUpTo = -1n;
  #ended: TrackEnd | undefined;
  readonly #recording: Recording | undefined;

  /** `recorder` takes the groups that memory lets go. */
  constructor(name: FullTrackName, number: bigint, cache: Cache, recorder?: TrackRecorder) {
    this.name = name;
    this.number = number;
    this.#cache = cache;
    this.#recording = recorder && new Recording(this, recorder);
  }

  /** The largest location; undefined before the first object. */
  get largest(): Location | undefined {
    return this.extent.largest;
  }

  /** Whether an object arrived. */
  get hasBegun(): boolean {
    return this.#hasBegun;
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
    const { oldestOpen, newest } = this.#groups;
    const group = oldestOpen ?? newest;
    return group && { group: group.id, object: 0n };
  }

  /** The time of the last arrival in the newest group, in the clock's milliseconds. */
  get lastArrival(): number | undefined {
    return this.#groups.newest?.touched;
  }

  get groupCount(): number {
    return this.#groups.size;
  }

  /** The number of groups with a stream that is being received. */
  get openGroupCount(): number {
    return this.#groups.openCount;
  }

  get oldestGroup(): Group | undefined {
    return this.#groups.oldest;
  }

  /** The number of readers. */
  get readerCount(): number {
    return this.#readers.size;
  }

  isLatest(group: Group): boolean {
    return this.#groups.newest === group;
  }

  group(id: bigint): Group | undefined {
    return this.#groups.get(id);
  }

  /** The cached groups between two ids, both included, ascending. */
  groupsBetween(from: bigint, to: bigint): Group[] {
    return this.#groups.between(from, to);
  }

  follow(reader: TrackReader): void {
    this.#readers.add(reader);
  }

  unfollow(reader: TrackReader): void {
    this.#readers.delete(reader);
  }

  /** The effective priority of a subgroup or datagram; undefined means the track's default. */
  priorityOf(priority: number | undefined): number {
    return priority ?? this.properties.defaultPriority;
  }

  /** Whether objects of this group are too old to be stored or forwarded. */
  isTooOld(group: bigint): boolean {
    return group <= this.#evictedUpTo && this.#groups.get(group) === undefined;
  }

  /** The group of this id; a new one is only added by {@linkcode Track.keep}. */
  groupFor(id: bigint, now: number): Group {
    const known = this.#groups.get(id);
    if (known !== undefined) return known;
    this.extent.checkGroup(id);
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
    this.#groups.add(group);
    this.#recording?.begin(group, by);
    this.#cache.add(this, group);
    this.renderings.wakeWholes();
    return this.#groups.get(id) === group;
  }

  /** Abandons groups of other sources that have been silent for a while, when `by` moves on. */
  #abandonBefore({ id, touched: now }: Group, by: Source): void {
    for (const group of this.#groups.before(id)) {
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

  /** Whether a gap of `length` groups before `group` is new; throws if a group is in it. */
  checkGap(group: bigint, length: bigint): boolean {
    if (!this.extent.gaps.isNews(group, length, "group")) return false;
    const [covered] = this.#groups.between(group - length, group - 1n);
    if (covered !== undefined) {
      throw new MalformedTrack(`A gap before group ${group} covers group ${covered.id}`);
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

  /** Evicts a group; its readers fall behind. */
  evict(group: Group, reason: EvictionReason): void {
    this.#forget(group, reason);
    group.evict();
  }

  #forget(group: Group, reason: EvictionReason): void {
    this.#recording?.letGo(group);
    this.grow(group, -group.bytes);
    this.#groups.remove(group);
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
    for (const group of this.#groups.all()) {
      for (const log of group.logs) log.end("incomplete");
      this.renderings.wakeWholes();
      this.#forget(group, "track_gone");
    }
    this.#recording?.ended(end);
    for (const reader of [...this.#readers]) reader.ended(end);
    this.#readers.clear();
  }
}

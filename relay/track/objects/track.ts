import {
  compareLocations,
  type FullTrackName,
  type Location,
  type PropertyBlock,
  type TrackProperties,
} from "@qumo/shared/wire";
import type { Cache, Evictable } from "./cache.ts";
import { ToldDrops } from "./drops.ts";
import { MalformedTrack, type TrackEnd } from "../errors.ts";
import { Gaps } from "./gaps.ts";
import type { DatagramObject } from "./datagram_object.ts";
import { Group } from "./group.ts";
import type { Renderer } from "./renderer.ts";
import type { Rendering } from "./rendering.ts";
import { ABANDONED_GROUP_MS } from "../limits.ts";
import { reach, type Reached, type Source, Sources } from "./source.ts";
import type { SubgroupLog } from "./subgroup_log.ts";
import { Words } from "./words.ts";
import type { EvictionReason } from "../../vocabulary.ts";

/** Who follows a track. Calls are synchronous and must not throw. */
export interface TrackReader {
  /** A subgroup began; its objects are in the log, or will be. */
  subgroup(log: SubgroupLog): void;
  /**
   * The track's first object comes, from this source: what others said of how far it is does not hold.
   * Called before the object is.
   */
  began?(source: string | undefined): void;
  /** An object came as a datagram. */
  datagram(group: bigint, object: DatagramObject): void;
  /** Nothing follows. */
  ended(end: TrackEnd): void;
}

/** One track, as far as the relay knows it. */
export class Track implements Evictable {
  readonly name: FullTrackName;
  /** No other track of the relay has this number. */
  readonly number: bigint;
  /** Ids of groups that are known not to exist. */
  readonly gaps = new Gaps();
  /** Who has brought what. */
  readonly sources = new Sources();
  /** What publishers say of it. */
  readonly words = new Words(this.sources);
  /** Payload bytes that were new, and bytes of streams and datagrams to each subscriber. */
  readonly traffic = { received: 0, sent: 0 };
  /** What was told of objects that were thrown away on their way in. */
  readonly toldDrops = new ToldDrops();
  readonly #cache: Cache;
  readonly #groups = new Map<bigint, Group>();
  // Ids of the groups, ascending.
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
   * The largest location that was heard of; undefined while nothing was published. Where several bring
   * objects it is that of the one whose word counts, and of those who are in step with it.
   */
  get largest(): Location | undefined {
    const told = this.words.valid.largest;
    if (this.#largest === undefined) return told;
    const { leading } = this.words;
    const { group, object } = leading && this.sources.reachedWith(leading) || this.#largest;
    const arrived = { group, object: BigInt(object) };
    return told === undefined || compareLocations(told, arrived) < 0 ? arrived : told;
  }

  /** The location from which on nothing exists, where the publisher said so. */
  get end(): Location | undefined {
    return this.#end;
  }

  /** Why the track is over; undefined while it is not. */
  get endReason(): TrackEnd | undefined {
    return this.#ended;
  }

  /** What the publisher says of the track, as it wrote it: forwarded unchanged; undefined for nothing. */
  get propertyBlock(): PropertyBlock | undefined {
    return this.words.valid.block;
  }

  /** What the relay understands of {@linkcode Track.propertyBlock}. */
  get properties(): TrackProperties {
    return this.words.valid.properties;
  }

  /** Memory that the track's objects take. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Where somebody who goes on with the track should begin: at the oldest group that is not whole.
   * Undefined while nothing has come.
   */
  get resumePoint(): Location | undefined {
    const newest = this.#order[this.#order.length - 1];
    if (newest === undefined) return undefined;
    const open = this.#order.find((id) => this.#groups.get(id)!.isOpen);
    return { group: open ?? newest, object: 0n };
  }

  /** When something last came of the newest group, in the clock's milliseconds. */
  get lastArrival(): number | undefined {
    const newest = this.#order[this.#order.length - 1];
    return newest === undefined ? undefined : this.#groups.get(newest)!.touched;
  }

  get groupCount(): number {
    return this.#groups.size;
  }

  /** Groups of which a stream is being received. */
  get openGroupCount(): number {
    return this.#groups.values().filter(({ isOpen }) => isOpen).reduce((sum) => sum + 1, 0);
  }

  get oldestGroup(): Group | undefined {
    const oldest = this.#order[0];
    return oldest === undefined ? undefined : this.#groups.get(oldest);
  }

  /** Those who follow the track now. */
  get readerCount(): number {
    return this.#readers.size;
  }

  isLatest(group: Group): boolean {
    return this.#order[this.#order.length - 1] === group.id;
  }

  group(id: bigint): Group | undefined {
    return this.#groups.get(id);
  }

  /** The groups that are here from one id to another, both included, ascending. */
  groupsBetween(from: bigint, to: bigint): Group[] {
    return this.#order.filter((id) => id >= from && id <= to).map((id) => this.#groups.get(id)!);
  }

  follow(reader: TrackReader): void {
    this.#readers.add(reader);
  }

  unfollow(reader: TrackReader): void {
    this.#readers.delete(reader);
  }

  /** An object of this location began to arrive. */
  advance(group: bigint, object: number): void {
    if (this.#largest === undefined) this.#largest = { group, object };
    else reach(this.#largest, group, object);
  }

  /** The priority of a subgroup or datagram that brings this one, or none. */
  priorityOf(priority: number | undefined): number {
    return priority ?? this.properties.defaultPriority;
  }

  /** Whether objects of this group come too late to be kept or forwarded. */
  isTooOld(group: bigint): boolean {
    return group <= this.#evictedUpTo && !this.#groups.has(group);
  }

  /** The group of this id, or where it is not here one that begins once it is kept. */
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
   * A group begins, if it has not, with what `by` brings; false where it is older than all that there is
   * room for.
   */
  keep(group: Group, by?: Source): boolean {
    const { id } = group;
    if (this.#groups.get(id) === group) return true;
    if (by !== undefined && this.sources.hasOther(by)) this.#abandonBefore(group, by);
    this.#groupsBegun++;
    this.#groups.set(id, group);
    this.#insertInOrder(id);
    this.#cache.add(this, group);
    return this.#groups.get(id) === group;
  }

  /** Groups that others began and have said nothing of for a while are over when `by` goes ahead. */
  #abandonBefore({ id, touched: now }: Group, by: Source): void {
    for (const before of this.#order) {
      if (before >= id) return;
      const group = this.#groups.get(before)!;
      if (now - group.touched >= ABANDONED_GROUP_MS) group.abandonFor(by);
    }
  }

  /** A subgroup began. */
  announceSubgroup(log: SubgroupLog): void {
    this.#tellBegan(log.source);
    for (const reader of this.#readers) reader.subgroup(log);
  }

  /** A datagram came. */
  announceDatagram(group: bigint, object: DatagramObject, source: string | undefined): void {
    this.#tellBegan(source);
    for (const reader of this.#readers) reader.datagram(group, object);
  }

  #tellBegan(source: string | undefined): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    for (const reader of this.#readers) reader.began?.(source);
  }

  /** Refuses locations behind the track's end. */
  checkLocation(group: bigint, object: number): void {
    const end = this.#end;
    if (end === undefined || group < end.group) return;
    if (group > end.group || BigInt(object) >= end.object) {
      throw new MalformedTrack(`Object ${group}/${object} lies behind the end of the track`);
    }
  }

  /** Refuses an end that lies before what exists. */
  checkEnd(end: Location): void {
    const arrived = this.#largest;
    const told = this.words.valid.largest;
    const passed = arrived !== undefined &&
        compareLocations({ group: arrived.group, object: BigInt(arrived.object) }, end) >= 0 ||
      // What was told of may be the object that marks the end.
      told !== undefined && compareLocations(told, end) > 0;
    if (passed) throw new MalformedTrack("The track ends before its largest object");
  }

  /** Notes that nothing exists at this location or behind it. */
  endAt(end: Location): void {
    this.checkEnd(end);
    this.#end = end;
  }

  /** Whether it is news that the `length` groups before `group` do not exist; refuses it where one is here. */
  checkGap(group: bigint, length: bigint): boolean {
    if (!this.gaps.isNews(group, length, "group")) return false;
    const covered = this.#order.find((id) => id < group && id >= group - length);
    if (covered !== undefined) {
      throw new MalformedTrack(`A gap before group ${group} covers group ${covered}`);
    }
    return true;
  }

  /** The objects of a group take this many bytes more, or less. */
  grow(group: Group, bytes: number): void {
    if (bytes === 0 || this.#groups.get(group.id) !== group) return;
    group.grow(bytes);
    this.#bytes += bytes;
    this.#cache.grow(this, bytes);
  }

  /** A subgroup as this dialect sends it, written when the first asks for it. */
  render(log: SubgroupLog, renderer: Renderer): Rendering {
    const known = log.renderingOf(renderer);
    if (known !== undefined) return known;
    const before = log.bytes;
    const rendering = log.render(renderer);
    const group = this.#groups.get(log.group);
    if (group?.logs.includes(log)) this.grow(group, log.bytes - before);
    return rendering;
  }

  /** A datagram as this dialect sends it, written when the first asks for it; empty where it cannot be said. */
  renderDatagram(object: DatagramObject, renderer: Renderer): Uint8Array {
    const known = object.renderingOf(renderer);
    if (known !== undefined) return known;
    const bytes = object.render(renderer);
    const group = this.#groups.get(object.group);
    if (group?.growDatagram(object, bytes.length)) this.grow(group, bytes.length);
    return bytes;
  }

  /** Gives up a group, and whoever is still reading it falls behind. */
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

  /** Gives up all that is here of a group that goes on; false when nothing is. */
  empty(group: Group, reason: EvictionReason): boolean {
    if (group.bytes === 0) return false;
    this.#cache.evictions[reason]++;
    this.grow(group, -group.bytes);
    group.evict();
    return true;
  }

  /** Gives up the oldest subgroups of a group for others; false when none can be given. */
  makeRoom(group: Group): boolean {
    const freed = group.makeRoom();
    if (freed === undefined) return false;
    this.grow(group, -freed);
    return true;
  }

  /** Gives up the head of a group that is still growing; false when nothing can be given. */
  trim(group: Group, reason: EvictionReason): boolean {
    const freed = group.trim();
    if (freed === 0) return false;
    this.#cache.evictions[reason]++;
    this.grow(group, -freed);
    return true;
  }

  /**
   * Nothing follows: everybody who reads is told. The cache forgets the track, but whoever is in the
   * middle of a subgroup can read it to its end.
   */
  finish(end: TrackEnd): void {
    if (this.#ended !== undefined) return;
    this.#ended = end;
    for (const group of [...this.#groups.values()]) {
      for (const log of group.logs) log.end("incomplete");
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

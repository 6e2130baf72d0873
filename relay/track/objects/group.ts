import { MalformedTrack } from "../errors.ts";
import type { DatagramObject } from "./datagram_object.ts";
import { ForgottenSubgroups } from "./forgotten_subgroups.ts";
import { GroupDatagrams } from "./group_datagrams.ts";
import { GroupExtent } from "./group_extent.ts";
import { MAX_SOURCES, MAX_SUBGROUPS_PER_GROUP, SUBGROUPS_FORGOTTEN } from "../limits.ts";
import type { Source } from "./source.ts";
import { SubgroupLog } from "./subgroup_log.ts";
import { FilteredLogs } from "./filtered_logs.ts";
import { WholeGroups } from "./whole_groups.ts";

/** The log or datagram that holds an object. */
export type ObjectHome = SubgroupLog | DatagramObject;

/** The logs of one subgroup: several if a stream was interrupted or arrived out of order. */
interface Subgroup {
  readonly logs: SubgroupLog[];
  /** The id of its last object, without end markers, if a publisher declared it. */
  end: number | undefined;
}

/** The cached content of one group. */
export class Group {
  readonly id: bigint;
  /** The number of groups of the track that started before it. */
  readonly ordinal: number;
  readonly extent: GroupExtent;
  /** The group as one log, for dialects in which it is one stream. */
  readonly wholes = new WholeGroups();
  /** What passes filters of its subgroups. */
  readonly filtered = new FilteredLogs();
  readonly #streamed = new Map<number, SubgroupLog>();
  readonly #datagrams = new GroupDatagrams();
  // Subgroups that were dropped to make room.
  readonly #forgotten = new ForgottenSubgroups();
  #logs: SubgroupLog[] = [];
  readonly #subgroups = new Map<bigint, Subgroup>();
  #bytes = 0;
  #touched: number;
  // Tokens of the sources that delivered part of it live.
  readonly #bringers = new Set<string>();

  #isAbandoned = false;

  constructor(id: bigint, ordinal: number, now: number) {
    this.id = id;
    this.extent = new GroupExtent(id);
    this.ordinal = ordinal;
    this.#touched = now;
  }

  /** The logs in order of creation; an interrupted subgroup may have several. */
  get logs(): readonly SubgroupLog[] {
    return this.#logs;
  }

  /** The number of objects. */
  get count(): number {
    return this.#streamed.size + this.#datagrams.count;
  }

  /** The time of the last arrival, in the clock's milliseconds. */
  get touched(): number {
    return this.#touched;
  }

  /** Notes a source that delivers part of it live, not by FETCH. */
  noteSource({ token }: Source): void {
    if (this.#bringers.size < MAX_SOURCES) this.#bringers.add(token);
  }

  isBroughtBy({ token }: Source): boolean {
    return this.#bringers.has(token);
  }

  /** Memory of the group. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Changes the group's size by this many bytes. */
  grow(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Abandons open subgroups of other sources than `by`, which are not expected to continue. */
  abandonFor(by: Source): void {
    if (this.#isAbandoned) return;
    this.#isAbandoned = true;
    const isPartOf = this.isBroughtBy(by);
    for (const log of this.#logs) {
      if (log.source !== by.token && !(isPartOf && log.state === "open")) log.abandon();
    }
  }

  /** Increases a datagram's size; false if the datagram is not in the group. */
  growDatagram(object: DatagramObject, bytes: number): boolean {
    if (this.#datagrams.get(object.object) !== object) return false;
    this.#datagrams.grow(bytes);
    return true;
  }

  /** Whether a stream of the group is being received. */
  get isOpen(): boolean {
    return this.#logs.some(({ state }) => state === "open");
  }

  /** The ids of the objects, ascending. */
  ids(): number[] {
    return [...this.#streamed.keys(), ...this.#datagrams.ids()].sort((a, b) => a - b);
  }

  homeOf(id: number): ObjectHome | undefined {
    return this.#streamed.get(id) ?? this.#datagrams.get(id);
  }

  /** The newest datagrams, at most `max`, in order of arrival. */
  newestDatagrams(max: number): DatagramObject[] {
    return this.#datagrams.newest(max);
  }

  /** Whether another subgroup may start. */
  get hasRoom(): boolean {
    return this.#logs.length < MAX_SUBGROUPS_PER_GROUP;
  }

  addLog(log: SubgroupLog): void {
    this.#logs.push(log);
    const known = this.#subgroups.get(log.subgroup);
    if (known !== undefined) known.logs.push(log);
    else this.#subgroups.set(log.subgroup, { logs: [log], end: undefined });
    this.wholes.add(log);
  }

  /** The subgroup's newest log. */
  newestLog(subgroup: bigint): SubgroupLog | undefined {
    return this.#subgroups.get(subgroup)?.logs.at(-1);
  }

  /**
   * Drops the oldest subgroups that have ended, to make room for others. Returns the released
   * bytes; undefined when there are none.
   */
  makeRoom(): number | undefined {
    const oldest = this.#logs.filter(({ state }) => state !== "open").slice(0, SUBGROUPS_FORGOTTEN);
    if (oldest.length === 0) return undefined;
    const gone = new Set(oldest);
    let freed = 0;
    for (const log of oldest) {
      freed += this.#giveUpLog(log) + this.filtered.drop(log);
      this.#forgotten.add(log);
      this.#forgetLog(log);
    }
    this.#logs = this.#logs.filter((log) => !gone.has(log));
    return freed;
  }

  #forgetLog(log: SubgroupLog): void {
    const logs = this.#subgroups.get(log.subgroup)!.logs;
    logs.splice(logs.indexOf(log), 1);
    if (logs.length === 0) this.#subgroups.delete(log.subgroup);
  }

  /** Whether this or a later object of a subgroup was received from `source` and dropped. */
  isGivenUp(subgroup: bigint, id: number, source: string | undefined): boolean {
    const logs = this.#subgroups.get(subgroup)?.logs;
    if (logs === undefined) return this.#forgotten.has(subgroup, id, source);
    return logs.some(({ givenUpTo }) => id <= givenUpTo);
  }

  /** Whether this or a later datagram was received and dropped. */
  isDatagramGivenUp(id: number): boolean {
    return this.#datagrams.isGivenUp(id);
  }

  /** Adds a new object; `isNormal` is false for one that only marks an end. */
  add(id: number, home: ObjectHome, isNormal: boolean, now: number): void {
    if (home instanceof SubgroupLog) this.#streamed.set(id, home);
    else this.#datagrams.add(id, home);
    this.#touched = now;
    if (isNormal) this.extent.note(id);
  }

  /** The last object of a subgroup, without end markers; undefined if no publisher declared it. */
  endOfSubgroup(subgroup: bigint): number | undefined {
    return this.#subgroups.get(subgroup)?.end;
  }

  /** Declares the last object of a subgroup. */
  endSubgroup(subgroup: bigint, last: number): void {
    const known = this.#subgroups.get(subgroup);
    if (known === undefined) return;
    const passed = known.logs.find(({ lastNormalId }) => lastNormalId > last)?.lastNormalId;
    const other = passed ?? known.end ?? last;
    if (other !== last) {
      throw new MalformedTrack(`Subgroup ${this.id}/${subgroup} ends at ${last} and at ${other}`);
    }
    known.end = last;
  }

  /** Whether a gap of `length` objects before `id` is new; throws if an object is in it. */
  checkGap(id: number, length: bigint): boolean {
    if (!this.extent.gaps.isNews(BigInt(id), length, "object")) return false;
    const first = id - Number(length);
    for (const ids of [this.#streamed.keys(), this.#datagrams.ids()]) {
      for (const known of ids) {
        if (known >= first && known < id) {
          throw new MalformedTrack(`A gap before object ${id} covers object ${known}`);
        }
      }
    }
    return true;
  }

  /** Evicts every object. */
  evict(): void {
    this.wholes.evict();
    this.filtered.evict();
    for (const log of this.#logs) log.evictAll();
    this.#streamed.clear();
    this.#datagrams.clear();
  }

  /** Evicts the oldest part. Returns the released bytes. */
  trim(): number {
    const log = this.#largestLog();
    if (log !== undefined && log.bytes >= this.#datagrams.bytes) return this.#trimLog(log);
    if (this.#datagrams.count > 0) return this.#datagrams.trim();
    const ended = this.#allLogs().find(({ state, bytes }) => state !== "open" && bytes > 0);
    return ended === undefined ? 0 : this.#giveUpLog(ended);
  }

  /** The largest log with more than the page that is being written. */
  #largestLog(): SubgroupLog | undefined {
    let largest: SubgroupLog | undefined;
    for (const log of this.#allLogs()) {
      if (log.headCount === undefined) continue;
      if (largest === undefined || log.bytes > largest.bytes) largest = log;
    }
    return largest;
  }

  #allLogs(): SubgroupLog[] {
    return [...this.#logs, ...this.wholes.logs, ...this.filtered.logs];
  }

  /** Whether a log's memory is the group's. */
  holds(log: SubgroupLog): boolean {
    return this.#logs.includes(log) || this.filtered.logs.includes(log);
  }

  #trimLog(log: SubgroupLog): number {
    this.#forgetObjects(log, log.headCount!);
    return log.evictHead();
  }

  #giveUpLog(log: SubgroupLog): number {
    this.#forgetObjects(log, log.count);
    return log.evictAll();
  }

  #forgetObjects(log: SubgroupLog, count: number): void {
    for (let index = 0; index < count; index++) {
      const id = log.idAt(index);
      if (this.#streamed.get(id) === log) this.#streamed.delete(id);
    }
  }
}

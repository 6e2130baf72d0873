import { MalformedTrack } from "../errors.ts";
import type { DatagramObject } from "./datagram_object.ts";
import { ForgottenSubgroups } from "./forgotten_subgroups.ts";
import { GroupDatagrams } from "./group_datagrams.ts";
import { Gaps } from "./gaps.ts";
import { MAX_SOURCES, MAX_SUBGROUPS_PER_GROUP, SUBGROUPS_FORGOTTEN } from "../limits.ts";
import type { Source } from "./source.ts";
import { SubgroupLog } from "./subgroup_log.ts";

/** Where an object of a group is kept. */
export type ObjectHome = SubgroupLog | DatagramObject;

/** What the relay has of one subgroup: more than one log if it was cut off or came out of order. */
interface Subgroup {
  readonly logs: SubgroupLog[];
  /** The id of its last object, end markers aside, where a publisher said so. */
  end: number | undefined;
}

/** What the relay has of one group. */
export class Group {
  readonly id: bigint;
  /** How many groups of the track began before it. */
  readonly ordinal: number;
  /** Ids of objects that are known not to exist. */
  readonly gaps = new Gaps();
  readonly #streamed = new Map<number, SubgroupLog>();
  readonly #datagrams = new GroupDatagrams();
  // Subgroups that made room for others, and of which nothing else is known any more.
  readonly #forgotten = new ForgottenSubgroups();
  #logs: SubgroupLog[] = [];
  readonly #subgroups = new Map<bigint, Subgroup>();
  #priorGroups: bigint | undefined;
  #bytes = 0;
  #end: number | undefined;
  #largest = -1;
  #touched: number;
  // Tokens of those who brought something of it live.
  readonly #bringers = new Set<string>();

  #isAbandoned = false;

  constructor(id: bigint, ordinal: number, now: number) {
    this.id = id;
    this.ordinal = ordinal;
    this.#touched = now;
  }

  /** The subgroups, in the order in which they began; one that was cut off may be there again. */
  get logs(): readonly SubgroupLog[] {
    return this.#logs;
  }

  /** How many objects are here. */
  get count(): number {
    return this.#streamed.size + this.#datagrams.count;
  }

  /** The id from which on there is no object with a payload, where that is known. */
  get end(): number | undefined {
    return this.#end;
  }

  /** When something last arrived, in the clock's milliseconds. */
  get touched(): number {
    return this.#touched;
  }

  /** Notes who brings something of it, other than by FETCH. */
  noteSource({ token }: Source): void {
    if (this.#bringers.size < MAX_SOURCES) this.#bringers.add(token);
  }

  isBroughtBy({ token }: Source): boolean {
    return this.#bringers.has(token);
  }

  /** Memory that the group takes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The group takes this many bytes more, or less. */
  grow(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Nobody is expected to go on with what others than `by` began, and it itself not. */
  abandonFor(by: Source): void {
    if (this.#isAbandoned) return;
    this.#isAbandoned = true;
    const isPartOf = this.isBroughtBy(by);
    for (const log of this.#logs) {
      if (log.source !== by.token && !(isPartOf && log.state === "open")) log.abandon();
    }
  }

  /** A datagram of it takes this many bytes more; nothing where it is not here. */
  growDatagram(object: DatagramObject, bytes: number): boolean {
    if (this.#datagrams.get(object.object) !== object) return false;
    this.#datagrams.grow(bytes);
    return true;
  }

  /** Whether a stream of it is being received. */
  get isOpen(): boolean {
    return this.#logs.some(({ state }) => state === "open");
  }

  /** Ids of the objects that are here, ascending. */
  ids(): number[] {
    return [...this.#streamed.keys(), ...this.#datagrams.ids()].sort((a, b) => a - b);
  }

  homeOf(id: number): ObjectHome | undefined {
    return this.#streamed.get(id) ?? this.#datagrams.get(id);
  }

  /** Objects that came as datagrams, no more than so many, the newest, in the order in which they came. */
  newestDatagrams(max: number): DatagramObject[] {
    return this.#datagrams.newest(max);
  }

  /** Whether a further subgroup may begin. */
  get hasRoom(): boolean {
    return this.#logs.length < MAX_SUBGROUPS_PER_GROUP;
  }

  addLog(log: SubgroupLog): void {
    this.#logs.push(log);
    const known = this.#subgroups.get(log.subgroup);
    if (known !== undefined) known.logs.push(log);
    else this.#subgroups.set(log.subgroup, { logs: [log], end: undefined });
  }

  /** The log of this subgroup that began last. */
  newestLog(subgroup: bigint): SubgroupLog | undefined {
    return this.#subgroups.get(subgroup)?.logs.at(-1);
  }

  /**
   * Gives up the oldest subgroups of which nothing more is to come, so that others may begin. Returns
   * the bytes that are free now; undefined when there are none.
   */
  makeRoom(): number | undefined {
    const oldest = this.#logs.filter(({ state }) => state !== "open").slice(0, SUBGROUPS_FORGOTTEN);
    if (oldest.length === 0) return undefined;
    const gone = new Set(oldest);
    let freed = 0;
    for (const log of oldest) {
      freed += this.#giveUpLog(log);
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

  /** Whether this object of a subgroup, or one behind it, was here from `source` and was given up. */
  isGivenUp(subgroup: bigint, id: number, source: string | undefined): boolean {
    const logs = this.#subgroups.get(subgroup)?.logs;
    if (logs === undefined) return this.#forgotten.has(subgroup, id, source);
    return logs.some(({ givenUpTo }) => id <= givenUpTo);
  }

  /** The same for an object that came as a datagram. */
  isDatagramGivenUp(id: number): boolean {
    return this.#datagrams.isGivenUp(id);
  }

  /** Notes a new object that may exist, a normal one or one that only marks an end. */
  add(id: number, home: ObjectHome, isNormal: boolean, now: number): void {
    if (home instanceof SubgroupLog) this.#streamed.set(id, home);
    else this.#datagrams.add(id, home);
    this.#touched = now;
    if (isNormal && id > this.#largest) this.#largest = id;
  }

  /** The last object of a subgroup, end markers aside; undefined where no publisher told it. */
  endOfSubgroup(subgroup: bigint): number | undefined {
    return this.#subgroups.get(subgroup)?.end;
  }

  /** Notes the last object of a subgroup. */
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

  /** Refuses ids beyond the group's end and in its gaps. */
  checkId(id: number): void {
    if (this.#end !== undefined && id >= this.#end) {
      throw new MalformedTrack(`Object ${id} lies behind the end of group ${this.id}`);
    }
    if (!this.gaps.isEmpty && this.gaps.has(BigInt(id))) {
      throw new MalformedTrack(`Object ${id} lies in a gap of group ${this.id}`);
    }
  }

  /** Refuses an end that contradicts what is known. */
  checkEnd(end: number): void {
    if (this.#end !== undefined && this.#end !== end) {
      throw new MalformedTrack(`Group ${this.id} ends at ${end} and at ${this.#end}`);
    }
    if (this.#largest >= end) {
      throw new MalformedTrack(`Group ${this.id} ends at ${end} but has object ${this.#largest}`);
    }
  }

  /** Notes that no object with a payload has this id or a larger one. */
  endAt(end: number): void {
    this.checkEnd(end);
    this.#end = end;
  }

  /** Whether it is news that the `length` objects before `id` do not exist; refuses it where one is here. */
  checkGap(id: number, length: bigint): boolean {
    if (!this.gaps.isNews(BigInt(id), length, "object")) return false;
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

  /** Refuses another number of groups before this one that do not exist: all objects say the same. */
  checkPriorGroups(count: bigint): void {
    const known = this.#priorGroups;
    if (known === undefined || known === count) return;
    throw new MalformedTrack(`Group ${this.id} follows on a gap of ${known} and of ${count}`);
  }

  /** Notes how many groups before this one do not exist. */
  declarePriorGroups(count: bigint): void {
    this.#priorGroups = count;
  }

  /** Gives up every object. */
  evict(): void {
    for (const log of this.#logs) log.evictAll();
    this.#streamed.clear();
    this.#datagrams.clear();
  }

  /** Gives up the oldest of what there is. Returns the bytes that are free now. */
  trim(): number {
    const log = this.#largestLog();
    if (log !== undefined && log.bytes >= this.#datagrams.bytes) return this.#trimLog(log);
    if (this.#datagrams.count > 0) return this.#datagrams.trim();
    const ended = this.#logs.find(({ state, bytes }) => state !== "open" && bytes > 0);
    return ended === undefined ? 0 : this.#giveUpLog(ended);
  }

  /** The largest of the logs that have more than the page that is being written. */
  #largestLog(): SubgroupLog | undefined {
    let largest: SubgroupLog | undefined;
    for (const log of this.#logs) {
      if (log.headCount === undefined) continue;
      if (largest === undefined || log.bytes > largest.bytes) largest = log;
    }
    return largest;
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

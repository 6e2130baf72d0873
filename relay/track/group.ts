import type { ObjectDatagram } from "@qumo/shared/wire";
import { MalformedTrack } from "./errors.ts";
import { Gaps } from "./gaps.ts";
import { MAX_SUBGROUPS_PER_GROUP } from "./limits.ts";
import { SubgroupLog } from "./subgroup_log.ts";

/** An object that came as a datagram. */
export interface DatagramObject {
  readonly datagram: ObjectDatagram;
  /** The datagram as it goes to subscribers. */
  readonly bytes: Uint8Array;
  /** When it came, in the clock's milliseconds. */
  readonly time: number;
}

/** Where an object of a group is kept. */
export type ObjectHome = SubgroupLog | DatagramObject;

/** What the relay has of one group. */
export class Group {
  readonly id: bigint;
  /** Ids of objects that are known not to exist. */
  readonly gaps = new Gaps();
  readonly #homes = new Map<number, ObjectHome>();
  readonly #logs: SubgroupLog[] = [];
  #bytes = 0;
  #end: number | undefined;
  #largest = -1;
  #touched: number;

  constructor(id: bigint, now: number) {
    this.id = id;
    this.#touched = now;
  }

  /** The subgroups, in the order in which they began; one that was cut off may be there again. */
  get logs(): readonly SubgroupLog[] {
    return this.#logs;
  }

  /** How many objects are here. */
  get count(): number {
    return this.#homes.size;
  }

  /** The id from which on there is no object with a payload, where that is known. */
  get end(): number | undefined {
    return this.#end;
  }

  /** When something last arrived, in the clock's milliseconds. */
  get touched(): number {
    return this.#touched;
  }

  /** Memory that the group takes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The group takes this many bytes more, or less. */
  grow(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Ids of the objects that are here, ascending. */
  ids(): number[] {
    return [...this.#homes.keys()].sort((a, b) => a - b);
  }

  homeOf(id: number): ObjectHome | undefined {
    return this.#homes.get(id);
  }

  /** Whether a further subgroup may begin. */
  get hasRoom(): boolean {
    return this.#logs.length < MAX_SUBGROUPS_PER_GROUP;
  }

  addLog(log: SubgroupLog): void {
    this.#logs.push(log);
  }

  /** Notes a new object that may exist, a normal one or one that only marks an end. */
  add(id: number, home: ObjectHome, isNormal: boolean, now: number): void {
    this.#homes.set(id, home);
    this.#touched = now;
    if (isNormal && id > this.#largest) this.#largest = id;
  }

  /** Refuses ids beyond the group's end and in its gaps. */
  checkId(id: number): void {
    if (this.#end !== undefined && id >= this.#end) {
      throw new MalformedTrack(`Object ${id} lies behind the end of group ${this.id}`);
    }
    if (this.gaps.has(BigInt(id))) {
      throw new MalformedTrack(`Object ${id} lies in a gap of group ${this.id}`);
    }
  }

  /** Notes that no object with a payload has this id or a larger one. */
  endAt(end: number): void {
    if (this.#end !== undefined && this.#end !== end) {
      throw new MalformedTrack(`Group ${this.id} ends at ${end} and at ${this.#end}`);
    }
    if (this.#largest >= end) {
      throw new MalformedTrack(`Group ${this.id} ends at ${end} but has object ${this.#largest}`);
    }
    this.#end = end;
  }

  /** Notes that the `length` objects before `id` do not exist. */
  declareGap(id: number, length: bigint): void {
    for (const known of this.#homes.keys()) {
      if (known < id && BigInt(known) >= BigInt(id) - length) {
        throw new MalformedTrack(`A gap before object ${id} covers object ${known}`);
      }
    }
    this.gaps.add(BigInt(id), length, "object");
  }

  /** Gives up every object. */
  evict(): void {
    for (const log of this.#logs) log.evictAll();
    this.#homes.clear();
  }

  /** Gives up the oldest page of the largest log. Returns the bytes that are free now. */
  trim(): number {
    const log = this.#logs.reduce<SubgroupLog | undefined>(
      (largest, log) => largest === undefined || log.bytes > largest.bytes ? log : largest,
      undefined,
    );
    if (log === undefined) return 0;
    const freed = log.evictHead();
    const first = log.count > 0 ? log.idAt(0) : log.lastId + 1;
    for (const [id, home] of this.#homes) {
      if (home === log && id < first) this.#homes.delete(id);
    }
    return freed;
  }
}

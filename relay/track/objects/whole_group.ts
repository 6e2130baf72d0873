import { ObjectStatus } from "@qumo/shared/wire";
import type { TrackEnd } from "../errors.ts";
import { MAX_OBJECTS_HELD } from "../limits.ts";
import type { GroupExtent } from "./group_extent.ts";
import type { Renderer } from "./renderer.ts";
import { type LogReader, type LogState, SubgroupLog } from "./subgroup_log.ts";

/** The group that is put together, and what its track has to say of it. */
export interface WholePlace {
  readonly track: {
    /** The number of the track at this relay. */
    readonly number: bigint;
    readonly endReason: TrackEnd | undefined;
    /** Whether a group was seen that has several subgroups. */
    isLayered: boolean;
  };
  /** The groups that are put together and are not over. */
  readonly open: Set<WholeGroup>;
  readonly group: {
    readonly id: bigint;
    readonly ordinal: number;
    readonly logs: readonly SubgroupLog[];
    readonly extent: Pick<GroupExtent, "gaps" | "end">;
  };
  /** Whether no later group has begun. */
  isLatest(): boolean;
  /** Counts memory of the group. */
  grow(bytes: number): void;
}

/** One of the group's logs, and how far it was taken. */
interface Part {
  readonly log: SubgroupLog;
  /** No object below this id is left to take. */
  next: number;
  /** Whether it was waited for in vain, and has brought nothing since. */
  isSilent: boolean;
}

/** The object that is being taken. */
interface Taken {
  part: Part;
  readonly id: number;
  readonly payloadLength: number;
  /** Bytes of its payload that are still to come. */
  left: number;
  /** Their offset in the part's log. */
  at: number;
}

/**
 * A group as one log, for dialects in which it is one stream: the objects of all subgroups in order of
 * their ids, numbered 0, 1, 2 without gaps. An object that another subgroup has to deliver is waited
 * for while few others wait behind it; one that comes too late is left out, since the order is never
 * changed. A group whose start is missing is not begun.
 */
export class WholeGroup implements LogReader {
  /** The group as one log. */
  readonly log: SubgroupLog;
  readonly #place: WholePlace;
  readonly #renderer: Renderer;
  readonly #parts: Part[] = [];
  // The id of the last object that was taken.
  #last = -1;
  #frames = 0;
  // Whether a subgroup that might begin was waited for in vain.
  #isImpatient = false;
  #taken: Taken | undefined;
  #isOver = false;

  constructor(place: WholePlace, renderer: Renderer) {
    const { track, group } = place;
    const [lead] = group.logs;
    this.#place = place;
    this.#renderer = renderer;
    this.log = new SubgroupLog({
      track: track.number,
      group: group.id,
      groupOrdinal: group.ordinal,
      subgroup: 0n,
      priority: lead?.priority,
      hasProperties: true,
      endOfGroup: true,
      firstObject: true,
      source: lead?.source,
      timeouts: lead?.timeouts,
      timescale: lead?.timescale,
      renderer,
    });
    place.open.add(this);
    for (const log of group.logs) this.#include(log);
    this.wake();
  }

  /** Whether nothing is added any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes what a further log of the group has, and will have. */
  add(log: SubgroupLog): void {
    if (this.#isOver) return;
    this.#include(log);
    this.wake();
  }

  wake(): void {
    if (this.#isOver) return;
    const before = this.log.bytes;
    this.#advance();
    this.log.flush();
    this.#endIfOver();
    // Last, because it may evict what was just written.
    this.#place.grow(this.log.bytes - before);
  }

  evicted(): void {
    const isLost = this.#parts.some(({ log, next }) => log.givenUpTo >= next);
    if (!this.#isOver && isLost) this.#finish("incomplete");
  }

  /** Evicts everything. */
  evict(): void {
    this.#leave();
    this.log.evictAll();
  }

  #include(log: SubgroupLog): void {
    if (this.#parts.some((part) => part.log.subgroup !== log.subgroup)) {
      this.#place.track.isLayered = true;
    }
    this.#parts.push({ log, next: log.givenUpTo + 1, isSilent: false });
    log.follow(this);
  }

  #advance(): void {
    for (;;) {
      if (this.#taken !== undefined && !this.#takePayload(this.#taken)) return;
      this.#taken = undefined;
      const part = this.#nextPart();
      if (part === undefined || !this.#mayTake(part)) return;
      this.#take(part);
    }
  }

  /** Appends what has arrived of the current object; false when more is to come. */
  #takePayload(taken: Taken): boolean {
    if (taken.part.log.state !== "open" && taken.left > 0) this.#resume(taken);
    const { log } = taken.part;
    const end = Math.min(taken.at + taken.left, log.size);
    for (const view of log.views(taken.at, end)) {
      this.log.append(view);
      taken.at += view.length;
      taken.left -= view.length;
    }
    return taken.left === 0;
  }

  /** Continues an object that its log will not complete with that of another log that has it too. */
  #resume(taken: Taken): void {
    for (const part of this.#parts) {
      if (part === taken.part) continue;
      const index = part.log.indexOf(taken.id);
      if (index >= part.log.count || part.log.idAt(index) !== taken.id) continue;
      const { payloadLength, payloadStart } = part.log.objectAt(index);
      if (payloadLength !== taken.payloadLength) continue;
      taken.part = part;
      taken.at = payloadStart + payloadLength - taken.left;
      part.next = Math.max(part.next, taken.id + 1);
      return;
    }
  }

  /** The part with the lowest id that was not taken. */
  #nextPart(): Part | undefined {
    let first: Part | undefined;
    for (const part of this.#parts) {
      if (hasNext(part)) part.isSilent = false;
      this.#skipLate(part);
      if (hasNext(part) && (first === undefined || idOf(part) < idOf(first))) first = part;
    }
    return first;
  }

  #skipLate(part: Part): void {
    while (hasNext(part) && idOf(part) <= this.#last) {
      part.next = idOf(part) + 1;
      this.log.leftOut++;
    }
  }

  /** Whether the next object of a part is the group's next, as far as can be known. */
  #mayTake(part: Part): boolean {
    const id = idOf(part);
    const wanted = this.#last + 1;
    if (id === wanted || this.#place.group.extent.gaps.covers(BigInt(wanted), BigInt(id))) {
      return true;
    }
    if (this.#last < 0) {
      return part.log.firstObject && part.log.indexOf(id) === 0 && !this.#waits(part);
    }
    return !this.#waits(part);
  }

  /** Whether what lies before the next object of a part may still come from elsewhere. */
  #waits(part: Part): boolean {
    const others = this.#parts.filter((other) => other !== part && mayBring(other));
    const mayBegin = this.#place.track.isLayered && !this.#isImpatient && this.#isUnended;
    if (others.length === 0 && !mayBegin) return false;
    const held = this.#parts.reduce((sum, { log, next }) => sum + log.count - log.indexOf(next), 0);
    if (held <= MAX_OBJECTS_HELD) return true;
    for (const other of others) other.isSilent = true;
    this.#isImpatient = true;
    return false;
  }

  #take(part: Part): void {
    const id = idOf(part);
    const object = part.log.objectAt(part.log.indexOf(id));
    const { payloadLength, payloadStart, properties, time } = object;
    if (id > this.#last + 1) this.log.closesGaps = true;
    if (this.#frames === 0) {
      this.log.lacksProperties = this.#renderer.lacks?.(properties) ?? false;
    }
    const frame = { id: this.#frames++, payloadLength, status: ObjectStatus.NORMAL };
    this.log.begin({ ...frame, properties: properties.bytes }, properties.form, time);
    this.#last = id;
    part.next = id + 1;
    this.#taken = { part, id, payloadLength, left: payloadLength, at: payloadStart };
  }

  /** Whether further subgroups of the group may start. */
  get #isUnended(): boolean {
    const { track, group: { extent: { end } } } = this.#place;
    if (track.endReason !== undefined) return false;
    return this.#place.isLatest() && (end === undefined || this.#last + 1 < end);
  }

  #endIfOver(): void {
    const isOpen = this.#parts.some(({ log }) => log.state === "open" && !log.endsByMark);
    if (isOpen || this.#isUnended) return;
    const isWhole = this.#taken === undefined && this.#isComplete;
    this.#finish(isWhole ? "complete" : "incomplete");
  }

  get #isComplete(): boolean {
    const { end } = this.#place.group.extent;
    if (end !== undefined && this.#last + 1 >= end) return true;
    return this.#parts.every(({ log }) =>
      log.isFetched || log.state === "complete" || log.endsByMark
    );
  }

  #finish(state: Exclude<LogState, "open">): void {
    const isAbandoned = this.#parts.some(({ log }) => log.isAbandoned);
    const isBegun = this.#frames > 0 || this.#parts.every((part) => !hasNext(part));
    this.#leave();
    if (!isBegun) this.log.breakOff();
    else if (isAbandoned && state === "incomplete") this.log.abandon();
    else this.log.end(state);
  }

  #leave(): void {
    this.#isOver = true;
    this.#place.open.delete(this);
    for (const { log } of this.#parts) log.unfollow(this);
    this.#parts.length = 0;
  }
}

/** Whether a part is waited for: it is open, and shows nothing that it could bring later. */
function mayBring(part: Part): boolean {
  return part.log.state === "open" && !part.isSilent && !hasNext(part);
}

/** Whether a part has an object that was not taken; marks of an end are no objects. */
function hasNext({ log, next }: Part): boolean {
  const index = log.indexOf(next);
  return index < log.count && log.idAt(index) <= log.lastNormalId;
}

function idOf({ log, next }: Part): number {
  return log.idAt(log.indexOf(next));
}

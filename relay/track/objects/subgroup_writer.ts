import { ObjectStatus } from "@qumo/shared/wire";
import { MalformedTrack } from "../errors.ts";
import { checkExists, checkNumbering, noteEndsAndGaps } from "./object_rules.ts";
import type { Group } from "./group.ts";
import { hasBytes } from "./has_bytes.ts";
import { reach, type Reached } from "./source.ts";
import { type LoggedObject, SubgroupLog } from "./subgroup_log.ts";
import {
  type Incoming,
  StreamLogs,
  type SubgroupStreamInit,
  type SubgroupWriterOptions,
} from "./stream_logs.ts";
import type { Track } from "./track.ts";
import type { DropReason } from "../../vocabulary/mod.ts";

/** The counts of one stream's objects. */
export interface IngestCounts {
  objects: number;
  duplicates: number;
  /** Too late for the cache, or out of order behind another publisher's. */
  dropped: number;
}

/**
 * Writes the objects of one publisher's stream into the track, once: what another publisher has
 * delivered is compared and not stored again, and an object that another one left incomplete is
 * completed. Synchronous.
 */
export class SubgroupWriter {
  readonly counts: IngestCounts = { objects: 0, duplicates: 0, dropped: 0 };
  readonly #track: Track;
  readonly #init: SubgroupStreamInit;
  readonly #options: SubgroupWriterOptions;
  #subgroup: bigint | undefined;
  #group: Group | undefined;
  readonly #logs: StreamLogs;
  // Offset in the log of the next payload byte; undefined for a dropped object.
  #at: number | undefined;
  #last = -1;
  // The first and the last id that was not dropped, and their count.
  #firstKept = -1;
  #lastKept = -1;
  #kept = 0;
  // The last id that is not an end marker, which only some publishers send.
  #lastNormal = -1;
  // The progress of its source.
  #reached: Reached | undefined;
  // The token of the other source whose objects were identical last.
  #agreesWith: string | undefined;
  #isOver = false;
  #wasDropped = false;

  constructor(track: Track, init: SubgroupStreamInit, options: SubgroupWriterOptions) {
    this.#track = track;
    this.#init = init;
    this.#options = options;
    this.#logs = new StreamLogs(track, init, options);
    this.#subgroup = init.subgroup;
  }

  /**
   * Starts the stream's next object; the previous one must be complete.
   *
   * @throws {MalformedTrack} when it contradicts the track.
   */
  object(id: number, properties: Uint8Array, payloadLength: number, status: number): void {
    const before = this.#last;
    this.#subgroup ??= BigInt(id);
    this.#last = id;
    if (status === ObjectStatus.NORMAL) this.#lastNormal = id;
    const object: Incoming = { id, properties, payloadLength, status, before };
    const dropped = this.#take(this.#subgroup, object);
    this.#wasDropped = dropped !== undefined;
    if (dropped === undefined) return this.#keep(id);
    this.#at = undefined;
    this.counts.dropped++;
    this.#options.onDrop?.(dropped);
  }

  /** Whether the last object was dropped. */
  get wasDropped(): boolean {
    return this.#wasDropped;
  }

  /**
   * Whether the last object marks the end of its group or track, so that nothing can follow on the
   * stream.
   */
  get endsByMark(): boolean {
    return this.#last > this.#lastNormal;
  }

  #keep(id: number): void {
    if (this.#kept++ === 0) {
      this.#firstKept = id;
      this.#noteSource(id);
    } else if (this.#reached !== undefined) reach(this.#reached, this.#init.group, id);
    this.#lastKept = id;
  }

  #noteSource(id: number): void {
    const { source, isFetched } = this.#options;
    if (source === undefined) return;
    this.#reached = this.#track.sources.note(source, this.#init.group, id);
    if (!isFetched) this.#group!.noteSource(source);
  }

  #noteIdentical(other: string | undefined): void {
    const { source } = this.#options;
    this.#agreesWith = other;
    if (source !== undefined && other !== undefined) this.#track.sources.agree(source.token, other);
  }

  /**
   * Continues the stream in another track, with its objects so far if they are still cached;
   * nothing more is written to this track.
   */
  moveTo(track: Track): SubgroupWriter {
    const ids = this.#keptIds();
    const moved = new SubgroupWriter(track, {
      ...this.#init,
      subgroup: this.#subgroup,
      firstObject: ids === undefined ? false : this.#init.firstObject,
    }, this.#options);
    for (const id of ids ?? []) this.#copy(id, moved);
    moved.flush();
    this.abandon();
    return moved;
  }

  /** The ids that the stream delivered; undefined when some were evicted. */
  #keptIds(): number[] | undefined {
    if (this.#kept === 0) return [];
    const isOwn = (id: number) => {
      const home = this.#group!.homeOf(id);
      return id >= this.#firstKept && id <= this.#lastKept && home instanceof SubgroupLog &&
        home.subgroup === this.#subgroup;
    };
    const ids = this.#group!.ids().filter(isOwn);
    const isAllHere = ids.length === this.#kept && this.#at !== undefined;
    return isAllHere ? ids : undefined;
  }

  #copy(id: number, moved: SubgroupWriter): void {
    const home = this.#group!.homeOf(id) as SubgroupLog;
    const { properties, payloadLength, payloadStart, status } = home.objectAt(home.indexOf(id));
    const written = this.#options.renderer.properties.of(properties);
    moved.object(id, written, payloadLength, status);
    const end = id === this.#lastKept ? this.#at! : payloadStart + payloadLength;
    for (const view of home.views(payloadStart, end)) moved.payload(view);
  }

  /**
   * Adds payload of the current object.
   *
   * @throws {MalformedTrack} when another publisher delivered different bytes.
   */
  payload(bytes: Uint8Array): void {
    const log = this.#logs.current;
    if (this.#at === undefined || log === undefined) return;
    const known = Math.min(bytes.length, log.size - this.#at);
    if (known > 0) {
      const before = known < bytes.length ? bytes.subarray(0, known) : bytes;
      if (!hasBytes(log, this.#at, before)) {
        throw new MalformedTrack(`Object ${log.group}/${this.#last} came twice with other bytes`);
      }
      if (log.source !== this.#agreesWith) this.#noteIdentical(log.source);
    }
    this.#at += bytes.length;
    if (known === bytes.length) return;
    if (log.state !== "open") {
      this.#at = undefined;
      return;
    }
    const before = log.bytes;
    log.append(known > 0 ? bytes.subarray(known) : bytes);
    this.#track.traffic.received += bytes.length - Math.max(0, known);
    this.#track.grow(this.#group!, log.bytes - before);
  }

  /** Makes everything that has arrived readable. Called once per read of the socket. */
  flush(): void {
    this.#logs.current?.flush();
  }

  /**
   * Ends the stream: the subgroup is complete.
   *
   * @throws {MalformedTrack} when the subgroup or group is known to continue.
   */
  finish(): void {
    const group = this.#group;
    if (group !== undefined && this.#track.group(group.id) === group) {
      const endsGroup = this.#init.endOfGroup && this.#last === this.#lastNormal;
      if (endsGroup) group.extent.checkEnd(this.#last + 1);
      group.endSubgroup(this.#subgroup!, this.#lastNormal);
      if (endsGroup) group.extent.endAt(this.#last + 1);
      // After a dropped object the log is not complete.
      if (this.#logs.current?.lastNormalId === this.#lastNormal) this.#logs.current.end("complete");
    }
    this.abandon();
  }

  /** Ends the stream early: its missing objects will not arrive on it. */
  abandon(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#at = undefined;
    this.#logs.current?.detach();
  }

  /** Ends the stream early; the log stays open for another stream. */
  release(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#at = undefined;
    this.#logs.current?.release();
  }

  /** Stores an object; returns the reason if it is dropped. */
  #take(subgroup: bigint, object: Incoming): DropReason | undefined {
    const track = this.#track;
    if (track.endReason !== undefined) return "track_over";
    if (this.#kept === 0) this.#checkNumbering();
    if (track.isTooOld(this.#init.group)) return "too_old";
    const now = this.#options.clock.now();
    const group = this.#group = track.groupFor(this.#init.group, now);
    const home = group.homeOf(object.id);
    if (home === undefined) return this.#append(group, subgroup, object, now);
    if (!(home instanceof SubgroupLog)) {
      throw new MalformedTrack(`Object ${group.id}/${object.id} was a datagram`);
    }
    const index = home.indexOf(object.id);
    const known = home.objectAt(index);
    this.#checkSame(home, known, object);
    // Its source was lost before its end: start the object anew.
    if (home.state !== "open" && !home.isWhole(index)) {
      return this.#append(group, subgroup, object, now);
    }
    this.#logs.moveTo(home);
    this.#at = known.payloadStart;
    this.counts.duplicates++;
    return undefined;
  }

  #checkNumbering(): void {
    const { source, isRelayed, clock } = this.#options;
    if (source === undefined || isRelayed) return;
    checkNumbering(this.#track, { source, group: this.#init.group, now: clock.now() });
  }

  #append(group: Group, subgroup: bigint, object: Incoming, now: number): DropReason | undefined {
    const { id, status } = object;
    const { properties: form } = this.#options.renderer;
    checkExists(this.#track, group, id, status);
    const end = group.endOfSubgroup(subgroup);
    if (end !== undefined && id > end && status === ObjectStatus.NORMAL) {
      throw new MalformedTrack(`Object ${id} lies behind the end of subgroup ${subgroup}`);
    }
    if (group.isGivenUp(subgroup, id, this.#options.source?.token)) return "too_old";
    this.#logs.checkPriority(group, subgroup);
    noteEndsAndGaps(this.#track, group, object, form);
    // A group older than everything that the cache has room for is evicted at once.
    if (!this.#track.keep(group, this.#options.source)) return "too_old";
    if (end !== undefined && id > end) {
      // An end marker behind the known end adds nothing.
      this.counts.duplicates++;
      return undefined;
    }
    const log = this.#logs.logFor(group, subgroup, object);
    if (log === undefined) {
      // The object exists although it is dropped, which subscribers must be told.
      this.#track.extent.advance(group.id, id);
      this.#noteSource(id);
      return "subgroups";
    }
    const bytes = log.bytes;
    log.begin(object, form, now);
    group.add(id, log, status === ObjectStatus.NORMAL, now);
    this.#track.extent.advance(group.id, id);
    this.#at = log.size;
    this.counts.objects++;
    // Last, because it may evict what was just written.
    this.#track.grow(group, log.bytes - bytes);
    return undefined;
  }

  #checkSame(home: SubgroupLog, known: LoggedObject, object: Incoming): void {
    const same = home.subgroup === this.#subgroup && this.#logs.hasSamePriority(home) &&
      known.payloadLength === object.payloadLength && known.status === object.status;
    if (!same) {
      throw new MalformedTrack(`Object ${home.group}/${object.id} came twice with other fields`);
    }
  }
}

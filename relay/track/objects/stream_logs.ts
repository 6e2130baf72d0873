import type { Clock } from "@qumo/shared/runtime";
import type { DeliveryTimeouts } from "@qumo/shared/wire";
import { MalformedTrack } from "../errors.ts";
import type { Group } from "./group.ts";
import type { Renderer, SubgroupFields } from "./renderer.ts";
import type { Source } from "./source.ts";
import { type SubgroupInit, SubgroupLog } from "./subgroup_log.ts";
import type { DropReason } from "../../vocabulary/mod.ts";
import type { Track } from "./track.ts";

/** The stream's header; the subgroup id may be determined by the first object. */
export interface SubgroupStreamInit
  extends Omit<SubgroupFields, "subgroup" | "timescale" | "defaultPriority" | "firstObject"> {
  /**
   * Whether the stream begins with the first object of its subgroup; undefined where the publisher's
   * dialect does not say it: then only object 0 is known to be the first.
   */
  readonly firstObject: boolean | undefined;
  /** Undefined: the id of the first object. */
  readonly subgroup: bigint | undefined;
}

/** Options of a stream's writer. */
export interface SubgroupWriterOptions {
  readonly clock: Clock;
  /** The renderer of the dialect that the objects arrive in. */
  readonly renderer: Renderer;
  /** The source of the stream; undefined if the track can have no other. */
  readonly source?: Source | undefined;
  /**
   * Whether the stream comes from another relay, which may have switched sources and resend
   * objects.
   */
  readonly isRelayed?: boolean | undefined;
  /** Whether the objects come by FETCH. */
  readonly isFetched?: boolean;
  /** The timeouts that a subgroup's first object sets by its properties; absent: none can. */
  readonly timeoutsOf?: ((properties: Uint8Array) => DeliveryTimeouts | undefined) | undefined;
  /** Called for each dropped object. */
  readonly onDrop?: (reason: DropReason) => void;
}

/** An object at its position in the stream. */
export interface Incoming {
  readonly id: number;
  readonly properties: Uint8Array;
  readonly payloadLength: number;
  readonly status: number;
  /** The id of the previous object; -1 for the first. */
  readonly before: number;
}

/** Selects the log for each object of one stream, creating one when none fits. */
export class StreamLogs {
  readonly #track: Track;
  readonly #init: SubgroupStreamInit;
  readonly #options: SubgroupWriterOptions;
  #current: SubgroupLog | undefined;

  constructor(track: Track, init: SubgroupStreamInit, options: SubgroupWriterOptions) {
    this.#track = track;
    this.#init = init;
    this.#options = options;
  }

  /** The log of the last object that was not dropped. */
  get current(): SubgroupLog | undefined {
    return this.#current;
  }

  /** Throws if the priority of a subgroup differs from an earlier stream's. */
  checkPriority(group: Group, subgroup: bigint): void {
    const newest = group.newestLog(subgroup);
    if (newest === undefined || newest === this.#current || this.hasSamePriority(newest)) return;
    throw new MalformedTrack(`Subgroup ${group.id}/${subgroup} changed its priority`);
  }

  /** The log for the stream's next object, created when there is none. */
  logFor(group: Group, subgroup: bigint, object: Incoming): SubgroupLog | undefined {
    const newest = group.newestLog(subgroup);
    for (const log of [this.#current, newest]) {
      if (log === undefined || !this.#follows(log, group, object)) continue;
      this.moveTo(log);
      return log;
    }
    if (!group.hasRoom && !this.#track.makeRoom(group)) return undefined;
    if (newest !== undefined && !newest.hasWriters) newest.end("incomplete");
    const { firstObject = object.id === 0 } = this.#init;
    const isFirst = firstObject && object.before < 0;
    const timeouts = isFirst ? this.#options.timeoutsOf?.(object.properties) : newest?.timeouts;
    const log = this.#beginLog(group, { subgroup, firstObject: isFirst, timeouts });
    this.#announce(log, object);
    return log;
  }

  /**
   * Whether an object is known to directly follow a log's last one (#closing-subgroup-streams). If
   * it may not, because a publisher joined late or omitted objects, it starts a log and stream of
   * its own.
   */
  #follows(log: SubgroupLog, group: Group, object: Incoming): boolean {
    const { id, before } = object;
    const { lastId } = log;
    if (log.state !== "open" || log.missing > 0 || id <= lastId) return false;
    if (this.#init.hasProperties && !log.hasProperties) return false;
    if (!log.canKeep(object, this.#options.renderer.properties)) return false;
    return id === lastId + 1 || before === lastId ||
      group.extent.gaps.covers(BigInt(lastId + 1), BigInt(id));
  }

  #beginLog(
    group: Group,
    own: Pick<SubgroupInit, "subgroup" | "firstObject" | "timeouts">,
  ): SubgroupLog {
    const { priority, hasProperties, endOfGroup } = this.#init;
    const { isFetched = false, source, renderer } = this.#options;
    const log = new SubgroupLog({
      track: this.#track.number,
      group: group.id,
      groupOrdinal: group.ordinal,
      ...own,
      priority,
      hasProperties,
      endOfGroup,
      isFetched,
      source: source?.token,
      timescale: this.#track.properties.timescale,
      defaultPriority: this.#track.properties.defaultPriority,
      renderer,
    });
    group.addLog(log);
    this.moveTo(log);
    return log;
  }

  #announce(log: SubgroupLog, { id, properties: bytes }: Incoming): void {
    log.upcoming = { id, properties: { bytes, form: this.#options.renderer.properties } };
    this.#track.announceSubgroup(log);
    log.upcoming = undefined;
  }

  /** Continues with this log, which has the object already. */
  moveTo(log: SubgroupLog): void {
    if (log === this.#current) return;
    log.attach();
    this.#current?.detach();
    this.#current = log;
  }

  /**
   * Whether the priority matches; a FETCH, and a relay that fetched, may report another priority
   * than a stream.
   */
  hasSamePriority(log: SubgroupLog): boolean {
    const { isFetched, isRelayed } = this.#options;
    return isFetched === true || isRelayed === true || log.isFetched ||
      this.#track.priorityOf(log.priority) === this.#track.priorityOf(this.#init.priority);
  }
}

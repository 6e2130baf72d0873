import type { Clock } from "@qumo/shared/runtime";
import { MalformedTrack } from "../errors.ts";
import type { Group } from "./group.ts";
import type { Renderer, SubgroupFields } from "./renderer.ts";
import type { Source } from "./source.ts";
import { SubgroupLog } from "./subgroup_log.ts";
import type { DropReason } from "../../vocabulary.ts";
import type { Track } from "./track.ts";

/** What the stream's header said; the subgroup's id may have to wait for the first object. */
export interface SubgroupStreamInit extends Omit<SubgroupFields, "subgroup"> {
  /** Undefined: the id of the first object. */
  readonly subgroup: bigint | undefined;
}

/** What a writer of a stream goes by. */
export interface SubgroupWriterOptions {
  readonly clock: Clock;
  /** The dialect that the objects come in. */
  readonly renderer: Renderer;
  /** Who brings the stream; undefined where nobody else can. */
  readonly source?: Source | undefined;
  /** The stream comes from another relay, which asked for it or joined two ways: it may go back. */
  readonly isRelayed?: boolean | undefined;
  /** The objects come by FETCH. */
  readonly isFetched?: boolean;
  /** Called for each object that is thrown away. */
  readonly onDrop?: (reason: DropReason) => void;
}

/** An object as it stands in its stream. */
export interface Incoming {
  readonly id: number;
  readonly properties: Uint8Array;
  readonly payloadLength: number;
  readonly status: number;
  /** The object before it, -1 for the first. */
  readonly before: number;
}

/** Chooses the log that each object of one stream goes into, and begins one where none takes it. */
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

  /** Where the last object is that was not dropped. */
  get current(): SubgroupLog | undefined {
    return this.#current;
  }

  /** Refuses a subgroup whose priority is another than it was. */
  checkPriority(group: Group, subgroup: bigint): void {
    const newest = group.newestLog(subgroup);
    if (newest === undefined || newest === this.#current || this.hasSamePriority(newest)) return;
    throw new MalformedTrack(`Subgroup ${group.id}/${subgroup} changed its priority`);
  }

  /** The log that takes this stream's next object, begun where there is none. */
  logFor(group: Group, subgroup: bigint, object: Incoming): SubgroupLog | undefined {
    const newest = group.newestLog(subgroup);
    for (const log of [this.#current, newest]) {
      if (log === undefined || !this.#follows(log, group, object)) continue;
      this.moveTo(log);
      return log;
    }
    if (!group.hasRoom && !this.#track.makeRoom(group)) return undefined;
    if (newest !== undefined && !newest.hasWriters) newest.end("incomplete");
    return this.#beginLog(group, subgroup, object.before < 0);
  }

  /**
   * Whether an object is surely the next one in a log (#closing-subgroup-streams). Where it is not,
   * because a publisher joined late or left something out, it begins a log and a stream of its own.
   */
  #follows(log: SubgroupLog, group: Group, object: Incoming): boolean {
    const { id, before } = object;
    const { lastId } = log;
    if (log.state !== "open" || log.missing > 0 || id <= lastId) return false;
    if (this.#init.hasProperties && !log.hasProperties) return false;
    if (!log.canKeep(object, this.#options.renderer.properties)) return false;
    return id === lastId + 1 || before === lastId ||
      group.gaps.covers(BigInt(lastId + 1), BigInt(id));
  }

  #beginLog(group: Group, subgroup: bigint, isFirstOfStream: boolean): SubgroupLog {
    const { priority, hasProperties, endOfGroup } = this.#init;
    const { isFetched = false, source, renderer } = this.#options;
    const log = new SubgroupLog({
      track: this.#track.number,
      group: group.id,
      groupOrdinal: group.ordinal,
      subgroup,
      priority,
      hasProperties,
      endOfGroup,
      firstObject: this.#init.firstObject && isFirstOfStream,
      isFetched,
      source: source?.token,
      renderer,
    });
    group.addLog(log);
    this.moveTo(log);
    this.#track.announceSubgroup(log);
    return log;
  }

  /** Goes on with this log, which has the object that came. */
  moveTo(log: SubgroupLog): void {
    if (log === this.#current) return;
    log.attach();
    this.#current?.detach();
    this.#current = log;
  }

  /** A FETCH may tell of other priorities than streams do, and so may relays that fetched. */
  hasSamePriority(log: SubgroupLog): boolean {
    const { isFetched, isRelayed } = this.#options;
    return isFetched === true || isRelayed === true || log.isFetched ||
      this.#track.priorityOf(log.priority) === this.#track.priorityOf(this.#init.priority);
  }
}

import type { Clock } from "@qumo/shared/runtime";
import { encodeSubgroupHeader, ObjectStatus } from "@qumo/shared/wire";
import { MalformedTrack } from "./errors.ts";
import { checkExists, noteFacts } from "./facts.ts";
import type { Group } from "./group.ts";
import { OBJECT_OVERHEAD_BYTES } from "./limits.ts";
import { SubgroupLog } from "./subgroup_log.ts";
import type { Track } from "./track.ts";

/** What the stream's header said; the subgroup's id may have to wait for the first object. */
export interface SubgroupStreamInit {
  readonly group: bigint;
  /** Undefined: the id of the first object. */
  readonly subgroup: bigint | undefined;
  readonly priority: number | undefined;
  readonly hasProperties: boolean;
  readonly endOfGroup: boolean;
  readonly firstObject: boolean;
}

/** What became of the objects of one stream. */
export interface IngestCounts {
  objects: number;
  duplicates: number;
  /** Too late for the cache, or out of order behind another publisher. */
  dropped: number;
}

/** Where the payload that comes next goes. */
type Destination = "log" | "compare" | "nowhere";

/**
 * Writes the objects of one publisher's stream into the track, once: what another publisher already
 * brought is compared, not stored again. Everything is synchronous.
 */
export class SubgroupWriter {
  readonly counts: IngestCounts = { objects: 0, duplicates: 0, dropped: 0 };
  readonly #track: Track;
  readonly #init: SubgroupStreamInit;
  readonly #clock: Clock;
  #subgroup: bigint | undefined;
  #group: Group | undefined;
  #log: SubgroupLog | undefined;
  #destination: Destination = "nowhere";
  #compareAt = 0;
  #left = 0;
  #last = -1;

  constructor(track: Track, init: SubgroupStreamInit, clock: Clock) {
    this.#track = track;
    this.#init = init;
    this.#clock = clock;
    this.#subgroup = init.subgroup;
  }

  /** The stream's next object. The one before must have been given in full. */
  object(id: number, properties: Uint8Array, payloadLength: number, status: number): void {
    const { group } = this.#init;
    this.#subgroup ??= BigInt(id);
    this.#left = payloadLength;
    this.#last = id;
    this.#destination = "nowhere";
    if (this.#track.isTooOld(group) || this.#track.endReason !== undefined) {
      this.counts.dropped++;
      return;
    }
    const now = this.#clock.now();
    this.#group = this.#track.openGroup(group, now);
    const home = this.#group.homeOf(id);
    if (home instanceof SubgroupLog) this.#compareWith(home, id, payloadLength, status);
    else if (home !== undefined) throw new MalformedTrack(`Object ${group}/${id} was a datagram`);
    else this.#append(this.#group, id, properties, payloadLength, status, now);
  }

  /** Payload of the object that was begun. */
  payload(bytes: Uint8Array): void {
    this.#left -= bytes.length;
    this.#track.traffic.received += bytes.length;
    const log = this.#log;
    if (this.#destination === "nowhere" || log === undefined) return;
    if (this.#destination === "compare") return this.#compare(log, bytes);
    if (log.state !== "open") {
      this.#destination = "nowhere";
      return;
    }
    const before = log.bytes;
    log.append(bytes);
    if (log.bytes !== before) this.#track.grow(this.#group!, log.bytes - before);
  }

  /** Shows readers what came. Called once for everything that came in one read. */
  flush(): void {
    if (this.#destination !== "compare") this.#log?.flush();
  }

  /** The stream ended: the subgroup is whole. */
  finish(): void {
    const log = this.#ownLog();
    if (log === undefined) return;
    if (this.#last < log.lastId) {
      throw new MalformedTrack(
        `Subgroup ${log.group}/${log.subgroup} ends at ${this.#last} and at ${log.lastId}`,
      );
    }
    log.end("complete");
    if (this.#init.endOfGroup) this.#group?.endAt(this.#last + 1);
  }

  /** The stream broke off: what is missing will not come on it. */
  abandon(): void {
    const log = this.#ownLog();
    // An object of which another publisher may hold the rest cannot be mended in an append-only log.
    if (log !== undefined && (this.#destination === "log" || this.#left === 0)) {
      log.end("incomplete");
    }
  }

  #ownLog(): SubgroupLog | undefined {
    return this.#log ?? (this.#group && this.#findLog(this.#group));
  }

  #findLog(group: Group): SubgroupLog | undefined {
    return group.logs.findLast(({ subgroup }) => subgroup === this.#subgroup);
  }

  #append(
    group: Group,
    id: number,
    properties: Uint8Array,
    payloadLength: number,
    status: number,
    now: number,
  ): void {
    checkExists(this.#track, group, id, status);
    const log = this.#logFor(group, id);
    if (log === undefined || log.missing > 0 || id <= log.lastId) {
      this.counts.dropped++;
      return;
    }
    noteFacts(this.#track, group, id, properties, status);
    const before = log.bytes;
    log.begin(id, properties, payloadLength, status, now);
    group.add(id, log, status === ObjectStatus.NORMAL, now);
    this.#track.advance(group.id, id);
    this.#destination = "log";
    this.counts.objects++;
    // Last, because it may evict what was just written.
    this.#track.grow(group, log.bytes - before + OBJECT_OVERHEAD_BYTES);
  }

  /** The log that takes this stream's next object, begun where there is none. */
  #logFor(group: Group, id: number): SubgroupLog | undefined {
    const known = this.#findLog(group);
    if (known !== undefined && known.priority !== this.#init.priority) {
      throw new MalformedTrack(`Subgroup ${group.id}/${known.subgroup} changed its priority`);
    }
    if (known?.state === "complete" && id > known.lastId) {
      throw new MalformedTrack(`Object ${id} lies behind the end of its subgroup`);
    }
    const fits = known?.state === "open" && (known.hasProperties || !this.#init.hasProperties);
    if (fits) return this.#log = known;
    if (!group.hasRoom || this.#track.group(group.id) !== group) return undefined;
    return this.#log = this.#beginLog(group, known === undefined);
  }

  #beginLog(group: Group, first: boolean): SubgroupLog {
    const { priority, hasProperties, endOfGroup } = this.#init;
    const header = {
      group: group.id,
      subgroup: this.#subgroup!,
      priority,
      hasProperties,
      endOfGroup,
      firstObject: this.#init.firstObject && first,
    };
    const preamble = encodeSubgroupHeader({ alias: this.#track.alias, ...header });
    const log = new SubgroupLog({ ...header, preamble });
    group.addLog(log);
    this.#track.announceSubgroup(log);
    return log;
  }

  #compareWith(home: SubgroupLog, id: number, payloadLength: number, status: number): void {
    const known = home.objectAt(home.indexOf(id));
    const same = home.subgroup === this.#subgroup && home.priority === this.#init.priority &&
      known.payloadLength === payloadLength && known.status === status;
    if (!same) {
      throw new MalformedTrack(`Object ${home.group}/${id} came twice with other fields`);
    }
    this.#log = home;
    this.#destination = "compare";
    this.#compareAt = known.payloadStart;
    this.counts.duplicates++;
  }

  /** What the other publisher has not brought yet cannot be compared and is taken on trust. */
  #compare(log: SubgroupLog, bytes: Uint8Array): void {
    let at = 0;
    for (const view of log.views(this.#compareAt, this.#compareAt + bytes.length)) {
      for (const byte of view) {
        if (byte !== bytes[at++]) {
          throw new MalformedTrack(`Object ${log.group}/${this.#last} came twice with other bytes`);
        }
      }
    }
    this.#compareAt += bytes.length;
  }
}

import { equalBytes, ObjectStatus } from "@qumo/shared/wire";
import { DatagramObject } from "./datagram_object.ts";
import { MalformedTrack } from "../errors.ts";
import { checkExists, checkNumbering, noteEndsAndGaps } from "./object_rules.ts";
import type { Group } from "./group.ts";
import type { DatagramFields, Renderer } from "./renderer.ts";
import type { Source } from "./source.ts";
import { SubgroupLog } from "./subgroup_log.ts";
import type { Track } from "./track.ts";
import type { DropReason } from "../../vocabulary/mod.ts";

/** The result of writing a datagram: new, duplicate, or the reason for dropping it. */
export type DatagramOutcome = "new" | "duplicate" | DropReason;

/** How a datagram arrived. */
export interface DatagramOptions {
  readonly now: number;
  /** The renderer of the dialect that it arrived in. */
  readonly renderer: Renderer;
  /** Its source; undefined if the track can have no other. */
  readonly source?: Source | undefined;
}

/**
 * Writes an object that arrived as a datagram into the track, once, and notifies the readers.
 *
 * @throws {MalformedTrack} when it contradicts the track.
 */
export function writeDatagram(
  track: Track,
  received: DatagramFields,
  { now, renderer, source }: DatagramOptions,
): DatagramOutcome {
  const { group: groupId, object: id, status } = received;
  if (track.endReason !== undefined) return "track_over";
  if (source !== undefined) checkNumbering(track, { source, group: groupId, now });
  if (track.isTooOld(groupId)) return "too_old";
  const group = track.groupFor(groupId, now);
  const home = group.homeOf(id);
  if (home instanceof SubgroupLog) {
    throw new MalformedTrack(`Object ${groupId}/${id} came on a stream before`);
  }
  if (home !== undefined) {
    if (!isSame(track, home, received)) {
      throw new MalformedTrack(`Object ${groupId}/${id} came twice with other bytes`);
    }
    if (source !== undefined) note(track, group, source, id);
    return "duplicate";
  }
  checkExists(track, group, id, status);
  if (group.isDatagramGivenUp(id)) return "too_old";
  if (received.endOfGroup) group.extent.checkEnd(id + 1);
  const { bytes: properties, form } = received.properties;
  noteEndsAndGaps(track, group, { id, properties, status }, form);
  if (received.endOfGroup) group.extent.endAt(id + 1);
  // A group older than everything that the cache has room for is evicted at once.
  if (!track.keep(group, source)) return "too_old";
  const object = new DatagramObject(received, {
    track: track.number,
    renderer,
    time: now,
    defaultPriority: track.properties.defaultPriority,
  });
  group.add(id, object, status === ObjectStatus.NORMAL, now);
  if (source !== undefined) note(track, group, source, id);
  track.extent.advance(groupId, id);
  track.announceDatagram(groupId, object, source?.token);
  track.traffic.received += received.payload.length;
  track.grow(group, object.bytes);
  return "new";
}

function note(track: Track, group: Group, source: Source, id: number): void {
  track.sources.note(source, group.id, id);
  group.noteSource(source);
}

function isSame(track: Track, known: DatagramFields, received: DatagramFields): boolean {
  return known.status === received.status &&
    track.priorityOf(known.priority) === track.priorityOf(received.priority) &&
    equalBytes(known.payload, received.payload);
}

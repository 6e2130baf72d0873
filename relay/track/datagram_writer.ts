import {
  decodeDatagram,
  encodeDatagram,
  equalBytes,
  type ObjectDatagram,
  ObjectStatus,
} from "@qumo/shared/wire";
import { MalformedTrack } from "./errors.ts";
import { checkExists, noteFacts } from "./facts.ts";
import { bytesOf, type DatagramObject } from "./group.ts";
import { SubgroupLog } from "./subgroup_log.ts";
import type { Track } from "./track.ts";

/** What became of a datagram. */
export type DatagramOutcome = "new" | "duplicate" | "dropped";

/**
 * Writes an object that came as a datagram into the track, once, and passes it on.
 *
 * @throws {MalformedTrack} when it contradicts what is known of the track.
 */
export function writeDatagram(
  track: Track,
  received: ObjectDatagram,
  now: number,
): DatagramOutcome {
  const { group: groupId, object: id, status } = received;
  if (track.isTooOld(groupId) || track.endReason !== undefined) return "dropped";
  const group = track.openGroup(groupId, now);
  // A group that is older than all that there is room for is gone again at once.
  if (track.group(groupId) !== group) return "dropped";
  const home = group.homeOf(id);
  if (home instanceof SubgroupLog) {
    throw new MalformedTrack(`Object ${groupId}/${id} came on a stream before`);
  }
  if (home !== undefined) {
    if (!isSame(track, home.datagram, received)) {
      throw new MalformedTrack(`Object ${groupId}/${id} came twice with other bytes`);
    }
    return "duplicate";
  }
  checkExists(track, group, id, status);
  noteFacts(track, group, id, received.properties, status);
  if (received.endOfGroup) group.endAt(id + 1);
  if (group.isDatagramGivenUp(id)) return "dropped";
  const object = objectOf(track, received, now);
  group.add(id, object, status === ObjectStatus.NORMAL, now);
  track.advance(groupId, id);
  track.announceDatagram(groupId, object);
  track.grow(group, bytesOf(object));
  return "new";
}

function isSame(track: Track, known: ObjectDatagram, received: ObjectDatagram): boolean {
  return known.status === received.status &&
    track.priorityOf(known.priority) === track.priorityOf(received.priority) &&
    equalBytes(known.payload, received.payload);
}

/** One encoding serves all: the relay calls the track the same towards every subscriber. */
function objectOf(track: Track, received: ObjectDatagram, time: number): DatagramObject {
  const bytes = encodeDatagram({ ...received, alias: track.alias });
  // Views, so that nothing is kept twice.
  return { datagram: decodeDatagram(bytes)!, bytes, time };
}

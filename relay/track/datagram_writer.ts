import { encodeDatagram, equalBytes, type ObjectDatagram, ObjectStatus } from "@qumo/shared/wire";
import { MalformedTrack } from "./errors.ts";
import { checkExists, noteFacts } from "./facts.ts";
import { SubgroupLog } from "./subgroup_log.ts";
import { OBJECT_OVERHEAD_BYTES } from "./limits.ts";
import type { Track } from "./track.ts";

/** What became of a datagram. */
export type DatagramOutcome = "new" | "duplicate" | "dropped";

/** Writes an object that came as a datagram into the track, once, and passes it on. */
export function writeDatagram(
  track: Track,
  received: ObjectDatagram,
  now: number,
): DatagramOutcome {
  const { group: groupId, object: id, status } = received;
  if (track.isTooOld(groupId) || track.endReason !== undefined) return "dropped";
  const group = track.openGroup(groupId, now);
  const home = group.homeOf(id);
  if (home instanceof SubgroupLog) {
    throw new MalformedTrack(`Object ${groupId}/${id} came on a stream before`);
  }
  if (home !== undefined) {
    if (!equalBytes(home.datagram.payload, received.payload)) {
      throw new MalformedTrack(`Object ${groupId}/${id} came twice with other bytes`);
    }
    return "duplicate";
  }
  checkExists(track, group, id, status);
  noteFacts(track, group, id, received.properties, status);
  // One encoding serves all: the relay calls the track the same towards every subscriber.
  const datagram: ObjectDatagram = { ...received, alias: track.alias };
  const bytes = encodeDatagram(datagram);
  const object = { datagram, bytes, time: now };
  group.add(id, object, status === ObjectStatus.NORMAL, now);
  if (received.endOfGroup) group.endAt(id + 1);
  track.advance(groupId, id);
  track.announceDatagram(groupId, object);
  track.grow(group, bytes.length + OBJECT_OVERHEAD_BYTES);
  return "new";
}

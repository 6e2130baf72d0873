import { isMalformed, ObjectStatus, validateObjectProperties } from "@qumo/shared/wire";
import { MalformedTrack } from "./errors.ts";
import type { Group } from "./group.ts";
import type { Track } from "./track.ts";

/** Refuses an object that lies behind an end or in a gap; the object that marks an end stands at it. */
export function checkExists(track: Track, group: Group, id: number, status: number): void {
  const end = track.end;
  const marksTrack = status === ObjectStatus.END_OF_TRACK && end?.group === group.id &&
    end.object === BigInt(id);
  if (!marksTrack) track.checkLocation(group.id, id);
  if (status === ObjectStatus.NORMAL || group.end !== id) group.checkId(id);
}

/** Notes what an object says of others: the end of its group or track, and gaps before it. */
export function noteFacts(
  track: Track,
  group: Group,
  id: number,
  properties: Uint8Array,
  status: number,
): void {
  if (properties.length > 0) {
    const found = validateObjectProperties(properties);
    if (isMalformed(found)) throw new MalformedTrack(found.malformed);
    if (found.priorObjectGap !== undefined) group.declareGap(id, found.priorObjectGap);
    if (found.priorGroupGap !== undefined) {
      group.declarePriorGroups(found.priorGroupGap);
      track.declareGap(group.id, found.priorGroupGap);
    }
  }
  if (status !== ObjectStatus.NORMAL) group.endAt(id);
  if (status === ObjectStatus.END_OF_TRACK) {
    track.endAt({ group: group.id, object: BigInt(id) });
  }
}

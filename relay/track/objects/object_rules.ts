import { isMalformed, ObjectStatus, type PropertyForm } from "@qumo/shared/wire";
import { MalformedTrack, OtherNumbering } from "../errors.ts";
import type { Group } from "./group.ts";
import type { Source } from "./source.ts";
import type { Track } from "./track.ts";

/**
 * Throws for an object behind an end or in a gap; the object that marks an end is at the end
 * itself.
 */
export function checkExists(track: Track, group: Group, id: number, status: number): void {
  const end = track.extent.end;
  const marksTrack = status === ObjectStatus.END_OF_TRACK && end?.group === group.id &&
    end.object === BigInt(id);
  if (!marksTrack) track.extent.checkLocation(group.id, id);
  if (status === ObjectStatus.NORMAL || group.extent.end !== id) group.extent.checkId(id);
}

/**
 * Throws when a source numbers groups differently from the previous one: it has taken over the name.
 */
export function checkNumbering(
  track: Track,
  { source, group, now }: {
    readonly source: Source;
    readonly group: bigint;
    readonly now: number;
  },
): void {
  const { sources, lastArrival = -Infinity } = track;
  if (!sources.hasOther(source) || track.group(group) !== undefined) return;
  if (sources.isBehind(source, group, now - lastArrival)) {
    throw new OtherNumbering(`Group ${group} lies behind those of another publisher`);
  }
}

/** The fields of an object that say something about other objects. */
interface Stated {
  readonly id: number;
  readonly properties: Uint8Array;
  readonly status: number;
}

/**
 * Applies what an object declares about others: the end of its group or track, and gaps before it.
 * Everything is checked before anything is applied, so that a refused object has no effect. `form`
 * is the encoding of its properties.
 *
 * @throws {MalformedTrack} when it contradicts the track.
 */
export function noteEndsAndGaps(
  track: Track,
  group: Group,
  { id, properties, status }: Stated,
  form: PropertyForm,
): void {
  const isEnd = status !== ObjectStatus.NORMAL;
  const end = status === ObjectStatus.END_OF_TRACK
    ? { group: group.id, object: BigInt(id) }
    : undefined;
  if (isEnd) group.extent.checkEnd(id);
  if (end !== undefined) track.extent.checkEnd(end);
  if (properties.length > 0) noteGaps(track, group, id, form.gapsOf(properties));
  if (isEnd) group.extent.endAt(id);
  if (end !== undefined) track.extent.endAt(end);
}

function noteGaps(
  track: Track,
  group: Group,
  id: number,
  found: ReturnType<PropertyForm["gapsOf"]>,
): void {
  if (isMalformed(found)) throw new MalformedTrack(found.malformed);
  const { priorObjectGap: objects, priorGroupGap: groups } = found;
  const areObjectsNews = objects !== undefined && group.checkGap(id, objects);
  if (groups !== undefined) {
    group.extent.checkPriorGroups(groups);
    const areGroupsNews = track.checkGap(group.id, groups);
    group.extent.declarePriorGroups(groups);
    if (areGroupsNews) track.extent.gaps.add(group.id, groups);
  }
  if (areObjectsNews) group.extent.gaps.add(BigInt(id), objects);
}

import { ObjectStatus } from "@qumo/shared/wire";
import type { KeptGroup, KeptObject } from "../sources/archive.ts";
import type { Group, ObjectHome } from "./group.ts";
import { SubgroupLog } from "./subgroup_log.ts";

/** The priorities of a track's objects. */
export interface Priorities {
  /** The effective priority of a subgroup or datagram; undefined means the track's default. */
  priorityOf(priority: number | undefined): number;
}

/** What is cached of a group, to be kept elsewhere: views of its bytes, which are not copied. */
export function keptGroupOf(track: Priorities, group: Group): KeptGroup {
  const objects: KeptObject[] = [];
  let next = 0;
  let bytes = 0;
  let isWhole = isOver(group);
  for (const id of group.ids()) {
    if (id > next && !group.extent.gaps.covers(BigInt(next), BigInt(id))) isWhole = false;
    next = id + 1;
    const object = objectOf(track, id, group.homeOf(id));
    if (object === undefined) isWhole = false;
    else if (object !== "mark") {
      objects.push(object);
      bytes += object.properties.bytes.length;
      for (const view of object.payload) bytes += view.length;
    }
  }
  const { end, gaps } = group.extent;
  if (end !== undefined && next < end && !gaps.covers(BigInt(next), BigInt(end))) {
    isWhole = false;
  }
  return { id: group.id, isWhole, objects, bytes };
}

/** Whether everything of a group has come, as far as its streams tell. */
function isOver({ extent, logs, count }: Group): boolean {
  if (extent.end !== undefined) return true;
  const streamed = logs.reduce((sum, log) => sum + log.count, 0);
  return streamed >= count && logs.length > 0 &&
    logs.every(({ state, endsByMark }) => state === "complete" || endsByMark);
}

/** An object; undefined when it is not whole. */
function objectOf(
  track: Priorities,
  id: number,
  home: ObjectHome | undefined,
): KeptObject | "mark" | undefined {
  if (home === undefined) return undefined;
  const priority = track.priorityOf(home.priority);
  if (!(home instanceof SubgroupLog)) {
    const { properties, payload, status } = home;
    if (status !== ObjectStatus.NORMAL) return "mark";
    return { id, subgroup: undefined, priority, properties, payload: [payload] };
  }
  const index = home.indexOf(id);
  if (index >= home.count || home.idAt(index) !== id || !home.isWhole(index)) return undefined;
  const { status, properties, payloadStart, payloadLength } = home.objectAt(index);
  if (status !== ObjectStatus.NORMAL) return "mark";
  const payload = [...home.views(payloadStart, payloadStart + payloadLength)];
  return { id, subgroup: home.subgroup, priority, properties, payload };
}

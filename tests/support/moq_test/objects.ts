import { compareLocations, type Location, ObjectStatus } from "@qumo/shared/wire";
import { NO_PROPERTIES, properties } from "../peers/scripted_objects.ts";
import { Forwarding, type TestTrack } from "./track.ts";

/** One object of a moq-test-00 track as it must arrive, or as it came. */
export interface TestObject {
  readonly group: bigint;
  /** Undefined: a datagram. */
  readonly subgroup: bigint | undefined;
  readonly object: number;
  readonly status: number;
  /** The block of properties as its publisher wrote it. */
  readonly properties: Uint8Array;
  readonly payload: string;
  /** Undefined: the track's default. */
  readonly priority: number | undefined;
  /** Whether its stream or datagram says that the group ends with it. */
  readonly endOfGroup: boolean;
}

/** Which objects are asked for; the end is the last that is wanted. */
export type TestRange = Readonly<Record<"start" | "end", Location>>;

// Even groups say nothing of their priority and odd ones this, so that both ways are on every track.
const ODD_GROUP_PRIORITY = 200;
const LONGEST_BYTES_PROPERTY = 20;
const FILLER = "t";

/** The objects of a track, or of a part of it, group by group in the order of their ids. */
export function objectsOf(track: TestTrack, range?: TestRange): TestObject[] {
  const { startGroup, lastGroup, groupIncrement, startObject, lastObject, objectIncrement } = track;
  const objects: TestObject[] = [];
  for (let group = startGroup; group <= lastGroup; group += groupIncrement) {
    for (let object = startObject; object <= lastObject; object += objectIncrement) {
      objects.push(objectAt(track, group, object));
    }
  }
  return range === undefined ? objects : objects.filter(({ group, object }) => {
    const at = { group, object: BigInt(object) };
    return compareLocations(at, range.start) >= 0 && compareLocations(at, range.end) <= 0;
  });
}

function objectAt(track: TestTrack, group: number, object: number): TestObject {
  const { startObject, lastObject, objectIncrement } = track;
  const last = lastObject - (lastObject - startObject) % objectIncrement;
  const isMark = object === last && track.endOfGroupMarkers;
  const size = object === startObject ? track.firstSize : track.size;
  const subgroupOf = SUBGROUP_OF[track.forwarding];
  const subgroup = subgroupOf(object);
  return {
    group: BigInt(group),
    subgroup,
    object,
    status: isMark ? ObjectStatus.END_OF_GROUP : ObjectStatus.NORMAL,
    properties: isMark ? NO_PROPERTIES : propertiesOf(track, group, object),
    payload: isMark ? "" : FILLER.repeat(size),
    priority: group % 2 === 0 ? undefined : ODD_GROUP_PRIORITY,
    // A datagram that is a mark says it by its status.
    endOfGroup: subgroup === undefined ? object === last && !isMark : subgroup === subgroupOf(last),
  };
}

const SUBGROUP_OF: Readonly<Record<Forwarding, (object: number) => bigint | undefined>> = {
  [Forwarding.SUBGROUP_PER_GROUP]: () => 0n,
  [Forwarding.SUBGROUP_PER_OBJECT]: (object) => BigInt(object),
  [Forwarding.TWO_SUBGROUPS_PER_GROUP]: (object) => BigInt(object % 2),
  [Forwarding.DATAGRAM]: () => undefined,
};

/** The draft wants random values; these differ from object to object and can be checked. */
function propertiesOf(track: TestTrack, group: number, object: number): Uint8Array {
  const found: [type: number, value: number | Uint8Array][] = [];
  if (track.integerProperty !== undefined) {
    found.push([2 * track.integerProperty, group * 100_003 + object]);
  }
  if (track.bytesProperty !== undefined) {
    const value = new Uint8Array(1 + (group + object) % LONGEST_BYTES_PROPERTY).fill(object);
    found.push([2 * track.bytesProperty + 1, value]);
  }
  return properties(...found.sort(([a], [b]) => a - b));
}

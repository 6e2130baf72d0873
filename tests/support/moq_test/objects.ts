import { ByteWriter, ObjectStatus, vi64 } from "@qumo/shared/wire";
import { Forwarding, type TestTrack } from "./track.ts";

/** One object of a moq-test-00 track as it must arrive. */
export interface TestObject {
  readonly group: number;
  /** Undefined: a datagram. */
  readonly subgroup: number | undefined;
  readonly object: number;
  readonly status: ObjectStatus;
  /** The block of properties as its publisher wrote it. */
  readonly properties: Uint8Array;
  readonly payload: Uint8Array;
  /** Undefined: the track's default. */
  readonly priority: number | undefined;
  /** Whether it is the last of its group. */
  readonly last: boolean;
}

// Even groups say nothing of their priority and odd ones this, so that both ways are on every track.
const ODD_GROUP_PRIORITY = 200;
const LONGEST_BYTES_PROPERTY = 20;
const FILLER = "t".charCodeAt(0);
const NOTHING = new Uint8Array();

/** The groups of a track. */
export function* groupsOf(track: TestTrack): Generator<number> {
  for (let group = track.startGroup; group <= track.lastGroup; group += track.groupIncrement) {
    yield group;
  }
}

/** The objects of one group of a track, in the order of their ids. */
export function* objectsOf(track: TestTrack, group: number): Generator<TestObject> {
  const { startObject, lastObject, objectIncrement } = track;
  for (let object = startObject; object <= lastObject; object += objectIncrement) {
    yield objectAt(track, group, object, object + objectIncrement > lastObject);
  }
}

function objectAt(track: TestTrack, group: number, object: number, last: boolean): TestObject {
  const marker = last && track.endOfGroupMarkers;
  const size = object === track.startObject ? track.firstSize : track.size;
  return {
    group,
    subgroup: subgroupOf(track.forwarding, object),
    object,
    status: marker ? ObjectStatus.END_OF_GROUP : ObjectStatus.NORMAL,
    properties: marker ? NOTHING : propertiesOf(track, group, object),
    payload: marker ? NOTHING : new Uint8Array(size).fill(FILLER),
    priority: group % 2 === 0 ? undefined : ODD_GROUP_PRIORITY,
    last,
  };
}

function subgroupOf(forwarding: Forwarding, object: number): number | undefined {
  switch (forwarding) {
    case Forwarding.SUBGROUP_PER_GROUP:
      return 0;
    case Forwarding.SUBGROUP_PER_OBJECT:
      return object;
    case Forwarding.TWO_SUBGROUPS_PER_GROUP:
      return object % 2;
    case Forwarding.DATAGRAM:
      return undefined;
  }
}

/** The draft wants random values; these differ from object to object and can be checked. */
function propertiesOf(track: TestTrack, group: number, object: number): Uint8Array {
  const found: { readonly type: number; readonly value: number | Uint8Array }[] = [];
  if (track.integerProperty !== undefined) {
    found.push({ type: 2 * track.integerProperty, value: group * 100_003 + object });
  }
  if (track.bytesProperty !== undefined) {
    const value = new Uint8Array(1 + (group + object) % LONGEST_BYTES_PROPERTY).fill(object);
    found.push({ type: 2 * track.bytesProperty + 1, value });
  }
  const writer = new ByteWriter(vi64);
  let previous = 0;
  for (const { type, value } of found.toSorted((a, b) => a.type - b.type)) {
    writer.count(type - previous);
    previous = type;
    if (typeof value === "number") {
      writer.count(value);
    } else {
      writer.count(value.length);
      writer.bytes(value);
    }
  }
  return writer.finish();
}

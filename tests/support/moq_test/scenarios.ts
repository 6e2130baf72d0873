import { at } from "../peers/scripted_requests.ts";
import type { TestRange } from "./objects.ts";
import { Forwarding, type TestTrack, testTrack } from "./track.ts";

/** One way of asking for one track. */
export interface Scenario {
  readonly name: string;
  /**
   * "publish": the subscriber asks for the tracks of a namespace, then the publisher offers one.
   * "publish_first": the other way round.
   */
  readonly request: "subscribe" | "fetch" | "publish" | "publish_first";
  readonly track: TestTrack;
  /** Of fetches: what is asked for; undefined is everything. */
  readonly range?: TestRange;
  /** Of subscriptions: OBJECT_DELIVERY_TIMEOUT in milliseconds. */
  readonly deliveryTimeout?: number;
}

const { SUBGROUP_PER_GROUP, SUBGROUP_PER_OBJECT, TWO_SUBGROUPS_PER_GROUP, DATAGRAM } = Forwarding;

const PREFERENCES = [
  ["one subgroup for each group", SUBGROUP_PER_GROUP],
  ["one subgroup for each object", SUBGROUP_PER_OBJECT],
  ["two subgroups for each group", TWO_SUBGROUPS_PER_GROUP],
  ["datagrams", DATAGRAM],
] as const;

/** The scenarios of the field's conformance script; what they prove does not need its long waits. */
export const scenarios: readonly Scenario[] = [
  ...PREFERENCES.flatMap(([name, forwarding]) => {
    const track = { forwarding, lastGroup: 2, objectsPerGroup: 6, firstSize: 100, size: 50 };
    return [subscribe(name, track), fetch(name, track)];
  }),

  subscribe("one object in each group", {
    forwarding: DATAGRAM,
    lastGroup: 3,
    objectsPerGroup: 1,
    lastObject: 0,
    firstSize: 100,
  }),
  subscribe("many objects in each group", { lastGroup: 1, objectsPerGroup: 20 }),
  subscribe("a single group", {
    forwarding: SUBGROUP_PER_OBJECT,
    lastGroup: 0,
    objectsPerGroup: 10,
  }),
  subscribe("groups from 5", { startGroup: 5, lastGroup: 7, objectsPerGroup: 3 }),
  subscribe("objects from 3", { startObject: 3, lastGroup: 1, objectsPerGroup: 8 }),
  subscribe("a part of each group", { lastGroup: 1, objectsPerGroup: 10, lastObject: 5 }),
  fetch(
    "a range inside the track",
    { startGroup: 0, lastGroup: 5, objectsPerGroup: 5 },
    { start: at(2, 1), end: at(4, 3) },
  ),
  fetch(
    "a single object",
    { forwarding: SUBGROUP_PER_OBJECT, lastGroup: 0, objectsPerGroup: 5 },
    { start: at(0, 1), end: at(0, 1) },
  ),

  subscribe("10 bytes", { lastGroup: 2, objectsPerGroup: 5, firstSize: 10, size: 10 }),
  subscribe("10 KiB, then 100 bytes", { lastGroup: 1, objectsPerGroup: 3, firstSize: 10_240 }),
  subscribe("1 KiB, then 5 KiB", {
    forwarding: SUBGROUP_PER_OBJECT,
    lastGroup: 1,
    objectsPerGroup: 4,
    size: 5120,
  }),
  subscribe("8 KiB", { lastGroup: 1, objectsPerGroup: 3, firstSize: 8192, size: 8192 }),
  subscribe("2 KiB, then 512 bytes on two subgroups", {
    forwarding: TWO_SUBGROUPS_PER_GROUP,
    startObject: 3,
    lastGroup: 1,
    objectsPerGroup: 6,
    firstSize: 2048,
    size: 512,
  }),
  subscribe("1 byte", { lastGroup: 1, objectsPerGroup: 5, firstSize: 1, size: 1 }),
  subscribe("0 bytes", { lastGroup: 1, objectsPerGroup: 5, firstSize: 0, size: 0 }),
  subscribe("10 000 bytes, then 50", {
    forwarding: SUBGROUP_PER_OBJECT,
    lastGroup: 1,
    objectsPerGroup: 5,
    firstSize: 10_000,
    size: 50,
  }),
  fetch("4 KiB", { lastGroup: 1, objectsPerGroup: 3, firstSize: 4096, size: 4096 }),

  subscribe("every 2nd group", { lastGroup: 4, groupIncrement: 2, objectsPerGroup: 3 }),
  subscribe("every 5th group", {
    startGroup: 10,
    lastGroup: 20,
    groupIncrement: 5,
    objectsPerGroup: 3,
  }),
  subscribe("every 2nd object", {
    forwarding: SUBGROUP_PER_OBJECT,
    lastGroup: 1,
    objectsPerGroup: 8,
    objectIncrement: 2,
  }),
  subscribe("every 3rd object", { lastGroup: 1, objectsPerGroup: 9, objectIncrement: 3 }),
  subscribe("every 2nd object of every 2nd group", {
    forwarding: TWO_SUBGROUPS_PER_GROUP,
    lastGroup: 4,
    groupIncrement: 2,
    objectsPerGroup: 6,
    objectIncrement: 2,
  }),
  subscribe("every 5th object of every 10th group", {
    lastGroup: 20,
    groupIncrement: 10,
    objectsPerGroup: 15,
    objectIncrement: 5,
  }),
  subscribe("every 2nd object of every 2nd group as datagrams", {
    forwarding: DATAGRAM,
    startGroup: 2,
    lastGroup: 6,
    groupIncrement: 2,
    objectsPerGroup: 4,
    objectIncrement: 2,
    firstSize: 500,
  }),
  fetch("gaps", { lastGroup: 4, groupIncrement: 2, objectsPerGroup: 6, objectIncrement: 2 }),

  ...PREFERENCES.map(([name, forwarding]) =>
    subscribe(`marks of the groups' ends, ${name}`, {
      forwarding,
      startObject: 3,
      lastGroup: 2,
      objectsPerGroup: 6,
      firstSize: 300,
      endOfGroupMarkers: true,
    })
  ),
  subscribe("marks of the groups' ends behind gaps", {
    lastGroup: 1,
    objectsPerGroup: 8,
    objectIncrement: 2,
    endOfGroupMarkers: true,
  }),
  subscribe("a mark behind each single object", {
    lastGroup: 3,
    objectsPerGroup: 1,
    lastObject: 1,
    endOfGroupMarkers: true,
  }),
  fetch("groups with marks of their ends", {
    lastGroup: 2,
    objectsPerGroup: 3,
    endOfGroupMarkers: true,
  }),

  subscribe("an integer property", { lastGroup: 1, objectsPerGroup: 5, integerProperty: 64 }),
  subscribe("a property of bytes in single datagrams", {
    forwarding: DATAGRAM,
    lastGroup: 5,
    objectsPerGroup: 1,
    lastObject: 0,
    firstSize: 300,
    bytesProperty: 64,
  }),
  ...PREFERENCES.map(([name, forwarding]) =>
    subscribe(`both properties, ${name}`, {
      forwarding,
      startObject: 3,
      lastGroup: 1,
      objectsPerGroup: 6,
      firstSize: 300,
      integerProperty: 64,
      bytesProperty: 65,
    })
  ),
  subscribe("properties of high types", {
    forwarding: SUBGROUP_PER_OBJECT,
    lastGroup: 1,
    objectsPerGroup: 4,
    integerProperty: 7_200,
    bytesProperty: 2 ** 40,
  }),
  fetch("both properties", {
    lastGroup: 1,
    objectsPerGroup: 3,
    integerProperty: 60,
    bytesProperty: 61,
  }),
  subscribe("properties and marks of the groups' ends", {
    lastGroup: 2,
    objectsPerGroup: 4,
    integerProperty: 64,
    bytesProperty: 64,
    endOfGroupMarkers: true,
  }),

  subscribe("100 objects a second", { lastGroup: 2, objectsPerGroup: 5, interval: 10 }),
  subscribe("10 objects a second", { lastGroup: 0, objectsPerGroup: 3, interval: 100 }),
  subscribe("everything at once", {
    forwarding: TWO_SUBGROUPS_PER_GROUP,
    startGroup: 10,
    startObject: 3,
    lastGroup: 13,
    groupIncrement: 3,
    objectsPerGroup: 8,
    objectIncrement: 2,
    lastObject: 17,
    firstSize: 2048,
    size: 512,
    endOfGroupMarkers: true,
    integerProperty: 64,
    bytesProperty: 64,
  }),
  subscribe("many groups of many objects", { lastGroup: 20, objectsPerGroup: 15 }),
  subscribe("groups far from each other", {
    startGroup: 100,
    lastGroup: 500,
    groupIncrement: 100,
    objectsPerGroup: 3,
  }),
  subscribe("a delivery timeout of the subscriber", {
    lastGroup: 2,
    objectsPerGroup: 5,
  }, { deliveryTimeout: 10_000 }),
  subscribe("a delivery timeout of the publisher", {
    lastGroup: 2,
    objectsPerGroup: 5,
    deliveryTimeout: 10_000,
  }),
  subscribe("rapid datagrams with properties", {
    forwarding: DATAGRAM,
    lastGroup: 5,
    objectsPerGroup: 10,
    firstSize: 64,
    size: 32,
    interval: 1,
    integerProperty: 64,
    bytesProperty: 64,
  }),

  ...PREFERENCES.flatMap(([name, forwarding]) => {
    const track = { forwarding, lastGroup: 3, objectsPerGroup: 5, firstSize: 90, size: 45 };
    return [publish(name, track), publish(name, { ...track, lastGroup: 4 }, "publish_first")];
  }),
  publish("marks of the groups' ends", {
    lastGroup: 3,
    objectsPerGroup: 4,
    endOfGroupMarkers: true,
  }),
  publish("both properties", {
    lastGroup: 3,
    objectsPerGroup: 4,
    integerProperty: 64,
    bytesProperty: 65,
  }),
];

function subscribe(
  name: string,
  track: Partial<TestTrack>,
  options: Pick<Scenario, "deliveryTimeout"> = {},
): Scenario {
  return {
    name: `SUBSCRIBE: ${name}`,
    request: "subscribe",
    track: testTrack({ interval: 0, ...track }),
    ...options,
  };
}

function fetch(name: string, track: Partial<TestTrack>, range?: TestRange): Scenario {
  return {
    name: `FETCH: ${name}`,
    request: "fetch",
    track: testTrack({ interval: 0, ...track }),
    ...(range && { range }),
  };
}

function publish(
  name: string,
  track: Partial<TestTrack>,
  request: "publish" | "publish_first" = "publish",
): Scenario {
  return {
    name: `PUBLISH ${request === "publish" ? "after" : "before"} SUBSCRIBE_TRACKS: ${name}`,
    request,
    track: testTrack({ interval: 0, ...track }),
  };
}

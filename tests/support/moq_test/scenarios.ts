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
  readonly range?: TestRange | undefined;
  /** Of subscriptions: OBJECT_DELIVERY_TIMEOUT in milliseconds. */
  readonly subscriberTimeout?: number | undefined;
}

/** What is special about a scenario. */
type Wanted = Partial<TestTrack> & Pick<Scenario, "range" | "subscriberTimeout">;

const { SUBGROUP_PER_OBJECT, TWO_SUBGROUPS_PER_GROUP, DATAGRAM } = Forwarding;

/** A track in every way of spreading its objects. */
function eachWay(wanted: Wanted, what = ""): Record<string, Wanted> {
  return {
    [`${what}one subgroup for each group`]: wanted,
    [`${what}one subgroup for each object`]: { ...wanted, forwarding: SUBGROUP_PER_OBJECT },
    [`${what}two subgroups for each group`]: { ...wanted, forwarding: TWO_SUBGROUPS_PER_GROUP },
    [`${what}datagrams`]: { ...wanted, forwarding: DATAGRAM },
  };
}

const EACH_WAY = eachWay({ lastGroup: 2, objectsPerGroup: 6, firstSize: 100, size: 50 });
const EACH_WAY_PUBLISHED = { lastGroup: 3, firstSize: 90, size: 45 };
const BOTH_PROPERTIES = { integerProperty: 64, bytesProperty: 65 };
const MARKS = { endOfGroupMarkers: true };

const SUBSCRIBE: Readonly<Record<string, Wanted>> = {
  ...EACH_WAY,
  "one object in each group": {
    forwarding: DATAGRAM,
    lastGroup: 3,
    lastObject: 0,
    firstSize: 100,
  },
  "many objects in each group": { objectsPerGroup: 20 },
  "a single group": { forwarding: SUBGROUP_PER_OBJECT, lastGroup: 0, objectsPerGroup: 10 },
  "groups from 5": { startGroup: 5, lastGroup: 7, objectsPerGroup: 3 },
  "objects from 3": { startObject: 3, objectsPerGroup: 8 },
  "a part of each group": { objectsPerGroup: 10, lastObject: 5 },

  "10 bytes": { lastGroup: 2, firstSize: 10, size: 10 },
  "10 KiB, then 100 bytes": { objectsPerGroup: 3, firstSize: 10_240 },
  "1 KiB, then 5 KiB": { forwarding: SUBGROUP_PER_OBJECT, objectsPerGroup: 4, size: 5120 },
  "8 KiB": { objectsPerGroup: 3, firstSize: 8192, size: 8192 },
  "2 KiB, then 512 bytes on two subgroups": {
    forwarding: TWO_SUBGROUPS_PER_GROUP,
    startObject: 3,
    objectsPerGroup: 6,
    firstSize: 2048,
    size: 512,
  },
  "1 byte": { firstSize: 1, size: 1 },
  "0 bytes": { firstSize: 0, size: 0 },
  "10 000 bytes, then 50": { forwarding: SUBGROUP_PER_OBJECT, firstSize: 10_000, size: 50 },

  "every 2nd group": { lastGroup: 4, groupIncrement: 2, objectsPerGroup: 3 },
  "every 5th group": { startGroup: 10, lastGroup: 20, groupIncrement: 5, objectsPerGroup: 3 },
  "every 2nd object": { forwarding: SUBGROUP_PER_OBJECT, objectsPerGroup: 8, objectIncrement: 2 },
  "every 3rd object": { objectsPerGroup: 9, objectIncrement: 3 },
  "every 2nd object of every 2nd group": {
    forwarding: TWO_SUBGROUPS_PER_GROUP,
    lastGroup: 4,
    groupIncrement: 2,
    objectsPerGroup: 6,
    objectIncrement: 2,
  },
  "every 5th object of every 10th group": {
    lastGroup: 20,
    groupIncrement: 10,
    objectsPerGroup: 15,
    objectIncrement: 5,
  },
  "every 2nd object of every 2nd group as datagrams": {
    forwarding: DATAGRAM,
    startGroup: 2,
    lastGroup: 6,
    groupIncrement: 2,
    objectsPerGroup: 4,
    objectIncrement: 2,
    firstSize: 500,
  },

  ...eachWay(
    { startObject: 3, lastGroup: 2, objectsPerGroup: 6, firstSize: 300, ...MARKS },
    "marks of the groups' ends, ",
  ),
  "marks of the groups' ends behind gaps": { objectsPerGroup: 8, objectIncrement: 2, ...MARKS },
  "a mark behind each single object": { lastGroup: 3, lastObject: 1, ...MARKS },

  "an integer property": { integerProperty: 64 },
  "a property of bytes in single datagrams": {
    forwarding: DATAGRAM,
    lastGroup: 5,
    lastObject: 0,
    firstSize: 300,
    bytesProperty: 64,
  },
  ...eachWay(
    { startObject: 3, objectsPerGroup: 6, firstSize: 300, ...BOTH_PROPERTIES },
    "both properties, ",
  ),
  "properties of high types": {
    forwarding: SUBGROUP_PER_OBJECT,
    objectsPerGroup: 4,
    integerProperty: 7_200,
    bytesProperty: 2 ** 40,
  },
  "properties and marks of the groups' ends": {
    lastGroup: 2,
    objectsPerGroup: 4,
    integerProperty: 64,
    bytesProperty: 64,
    ...MARKS,
  },

  "100 objects a second": { lastGroup: 2, interval: 10 },
  "10 objects a second": { lastGroup: 0, objectsPerGroup: 3, interval: 100 },
  "everything at once": {
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
    ...MARKS,
    ...BOTH_PROPERTIES,
  },
  "many groups of many objects": { lastGroup: 20, objectsPerGroup: 15 },
  "groups far from each other": {
    startGroup: 100,
    lastGroup: 500,
    groupIncrement: 100,
    objectsPerGroup: 3,
  },
  "a delivery timeout of the subscriber": { lastGroup: 2, subscriberTimeout: 10_000 },
  "a delivery timeout of the publisher": { lastGroup: 2, deliveryTimeout: 10_000 },
  "rapid datagrams with properties": {
    forwarding: DATAGRAM,
    lastGroup: 5,
    objectsPerGroup: 10,
    firstSize: 64,
    size: 32,
    interval: 1,
    ...BOTH_PROPERTIES,
  },
};

const FETCH: Readonly<Record<string, Wanted>> = {
  ...EACH_WAY,
  "a range inside the track": { lastGroup: 5, range: { start: at(2, 1), end: at(4, 3) } },
  "a single object": {
    forwarding: SUBGROUP_PER_OBJECT,
    lastGroup: 0,
    range: { start: at(0, 1), end: at(0, 1) },
  },
  "4 KiB": { objectsPerGroup: 3, firstSize: 4096, size: 4096 },
  "gaps": { lastGroup: 4, groupIncrement: 2, objectsPerGroup: 6, objectIncrement: 2 },
  "groups with marks of their ends": { lastGroup: 2, objectsPerGroup: 3, ...MARKS },
  "both properties": { objectsPerGroup: 3, integerProperty: 60, bytesProperty: 61 },
};

const PUBLISH: Readonly<Record<string, Wanted>> = {
  ...eachWay(EACH_WAY_PUBLISHED),
  "marks of the groups' ends": { lastGroup: 3, objectsPerGroup: 4, ...MARKS },
  "both properties": { lastGroup: 3, objectsPerGroup: 4, ...BOTH_PROPERTIES },
};

const PUBLISH_FIRST = eachWay({ ...EACH_WAY_PUBLISHED, lastGroup: 4 });

const TABLES: readonly (readonly [Scenario["request"], string, Record<string, Wanted>])[] = [
  ["subscribe", "SUBSCRIBE", SUBSCRIBE],
  ["fetch", "FETCH", FETCH],
  ["publish", "PUBLISH after SUBSCRIBE_TRACKS", PUBLISH],
  ["publish_first", "PUBLISH before SUBSCRIBE_TRACKS", PUBLISH_FIRST],
];

/** The scenarios of the field's conformance script; what they prove does not need its long waits. */
export const scenarios: readonly Scenario[] = TABLES.flatMap(([request, what, table]) =>
  Object.entries(table).map(([name, { range, subscriberTimeout, ...track }]) => (
    { name: `${what}: ${name}`, request, track: testTrack(track), range, subscriberTimeout }
  ))
);

import type { FullTrackName } from "@qumo/shared/wire";
import { properties } from "../peers/scripted_objects.ts";
import { trackOf } from "../peers/scripted_peer.ts";

/**
 * The moq-test-00 traffic (draft-afrind-moq-test): the name of a track says what is on it, so that
 * whoever subscribes to it knows every object that must arrive.
 */

/** How the objects of a track are spread over streams and datagrams. */
export const Forwarding = {
  SUBGROUP_PER_GROUP: 0,
  SUBGROUP_PER_OBJECT: 1,
  TWO_SUBGROUPS_PER_GROUP: 2,
  DATAGRAM: 3,
} as const;
export type Forwarding = typeof Forwarding[keyof typeof Forwarding];

/** What is on a track, in the order of the draft's namespaces; it is short and sent at once if nothing is said. */
const USUAL = {
  forwarding: Forwarding.SUBGROUP_PER_GROUP as Forwarding,
  startGroup: 0,
  /** The first object of each group. */
  startObject: 0,
  lastGroup: 1,
  /** No object of a group has a higher id. By default as many increments as there are objects. */
  lastObject: 0,
  objectsPerGroup: 5,
  /** Bytes of the first object of each group. */
  firstSize: 1024,
  /** Bytes of all others. */
  size: 100,
  /** Milliseconds from object to object. */
  interval: 0,
  groupIncrement: 1,
  objectIncrement: 1,
  /** Whether the last id of each group is a mark that says End of Group instead of an object. */
  endOfGroupMarkers: false,
  /** Each object has a property of type 2n that holds an integer; undefined: none. */
  integerProperty: undefined as number | undefined,
  /** Each object has a property of type 2n+1 that holds bytes; undefined: none. */
  bytesProperty: undefined as number | undefined,
  /** OBJECT_DELIVERY_TIMEOUT of the track in milliseconds; 0: none. */
  deliveryTimeout: 0,
};
export type TestTrack = Readonly<typeof USUAL>;

/** A track that is the usual one but for this. */
export function testTrack(wanted: Partial<TestTrack>): TestTrack {
  const track = { ...USUAL, ...wanted };
  const ids = track.objectsPerGroup + Number(track.endOfGroupMarkers);
  return { ...track, lastObject: wanted.lastObject ?? ids * track.objectIncrement };
}

const PROTOCOL = "moq-test-00";

/** How a property that is not there is written. */
const NONE = -1;

/** What this track is called: its namespace says everything of it. */
export function nameOf(track: TestTrack): FullTrackName {
  const fields = Object.values(track).map((value) => Number(value ?? NONE));
  return trackOf([PROTOCOL, ...fields].join("/"), "test");
}

/** The priority of whatever says nothing of its own, as the tracks' properties say. */
export const DEFAULT_PRIORITY = 100;

/** The properties of the track: its priority, and its delivery timeout where it has one. */
export function trackProperties({ deliveryTimeout }: TestTrack): Uint8Array {
  const timeout = [OBJECT_DELIVERY_TIMEOUT, deliveryTimeout] as const;
  const priority = [DEFAULT_PUBLISHER_PRIORITY, DEFAULT_PRIORITY] as const;
  return properties(...deliveryTimeout === 0 ? [] : [timeout], priority);
}

const OBJECT_DELIVERY_TIMEOUT = 0x02;
const DEFAULT_PUBLISHER_PRIORITY = 0x0e;

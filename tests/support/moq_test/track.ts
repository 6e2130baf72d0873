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

/** What is on a track. */
export interface TestTrack {
  readonly forwarding: Forwarding;
  readonly startGroup: number;
  /** The first object of each group. */
  readonly startObject: number;
  readonly lastGroup: number;
  /** No object of a group has a higher id. By default as many increments as there are objects. */
  readonly lastObject: number;
  readonly objectsPerGroup: number;
  /** Bytes of the first object of each group. */
  readonly firstSize: number;
  /** Bytes of all others. */
  readonly size: number;
  /** Milliseconds from object to object. */
  readonly interval: number;
  readonly groupIncrement: number;
  readonly objectIncrement: number;
  /** Whether the last id of each group is a mark that says End of Group instead of an object. */
  readonly endOfGroupMarkers: boolean;
  /** Each object has a property of type 2n that holds an integer; undefined: none. */
  readonly integerProperty: number | undefined;
  /** Each object has a property of type 2n+1 that holds bytes; undefined: none. */
  readonly bytesProperty: number | undefined;
  /** OBJECT_DELIVERY_TIMEOUT of the track in milliseconds; 0: none. */
  readonly deliveryTimeout: number;
}

const PROTOCOL = "moq-test-00";

/** How a property that is not there is written. */
const NONE = -1;

/** A track in the order of the draft's namespaces; it is short and sent at once if nothing is said. */
export function testTrack(wanted: Partial<TestTrack>): TestTrack {
  const { objectsPerGroup = 5, objectIncrement = 1, endOfGroupMarkers = false } = wanted;
  return {
    forwarding: Forwarding.SUBGROUP_PER_GROUP,
    startGroup: 0,
    startObject: 0,
    lastGroup: 1,
    lastObject: (objectsPerGroup + (endOfGroupMarkers ? 1 : 0)) * objectIncrement,
    objectsPerGroup,
    firstSize: 1024,
    size: 100,
    interval: 0,
    groupIncrement: 1,
    objectIncrement,
    endOfGroupMarkers,
    integerProperty: undefined,
    bytesProperty: undefined,
    deliveryTimeout: 0,
    ...wanted,
  };
}

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

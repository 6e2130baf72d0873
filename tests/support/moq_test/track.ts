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
const MAX_LAST_GROUP = 2 ** 53 - 1;

/** The fields of the namespace behind the name of the protocol. */
const FIELDS = [
  "forwarding",
  "startGroup",
  "startObject",
  "lastGroup",
  "lastObject",
  "objectsPerGroup",
  "firstSize",
  "size",
  "interval",
  "groupIncrement",
  "objectIncrement",
  "endOfGroupMarkers",
  "integerProperty",
  "bytesProperty",
  "deliveryTimeout",
] as const satisfies readonly (keyof TestTrack)[];

/** How a property that is not there is written. */
const NONE = -1;

/** The name of the track of every moq-test-00 namespace. */
export const TRACK_NAME = "test";

/** A track with the defaults of the draft for whatever is not said. */
export function testTrack(wanted: Partial<TestTrack>): TestTrack {
  const objectsPerGroup = wanted.objectsPerGroup ?? 10;
  const objectIncrement = wanted.objectIncrement ?? 1;
  const endOfGroupMarkers = wanted.endOfGroupMarkers ?? false;
  return {
    forwarding: Forwarding.SUBGROUP_PER_GROUP,
    startGroup: 0,
    startObject: 0,
    lastGroup: MAX_LAST_GROUP,
    lastObject: (objectsPerGroup + (endOfGroupMarkers ? 1 : 0)) * objectIncrement,
    firstSize: 1024,
    size: 100,
    interval: 1000,
    groupIncrement: 1,
    integerProperty: undefined,
    bytesProperty: undefined,
    deliveryTimeout: 0,
    ...wanted,
    objectsPerGroup,
    objectIncrement,
    endOfGroupMarkers,
  };
}

/** The namespace that asks for this track. */
export function namespaceOf(track: TestTrack): readonly string[] {
  return [PROTOCOL, ...FIELDS.map((field) => String(Number(track[field] ?? NONE)))];
}

/** The track that a namespace asks for; undefined when it is none of this protocol or says nonsense. */
export function trackOf(namespace: readonly string[]): TestTrack | undefined {
  const [protocol, ...values] = namespace;
  if (protocol !== PROTOCOL || values.length !== FIELDS.length) return undefined;
  if (!values.every((value) => Number.isSafeInteger(Number(value)))) return undefined;
  const said = Object.fromEntries(FIELDS.map((field, at) => [field, Number(values[at])])) as Record<
    typeof FIELDS[number],
    number
  >;
  const track: TestTrack = {
    ...said,
    forwarding: said.forwarding as Forwarding,
    endOfGroupMarkers: said.endOfGroupMarkers === 1,
    integerProperty: said.integerProperty === NONE ? undefined : said.integerProperty,
    bytesProperty: said.bytesProperty === NONE ? undefined : said.bytesProperty,
  };
  return isPossible(track) ? track : undefined;
}

function isPossible(track: TestTrack): boolean {
  const highest = (track.objectsPerGroup + (track.endOfGroupMarkers ? 1 : 0)) *
    track.objectIncrement;
  return Object.values(Forwarding).includes(track.forwarding) &&
    track.groupIncrement > 0 && track.objectIncrement > 0 &&
    track.startGroup >= 0 && track.startGroup <= track.lastGroup &&
    track.startObject >= 0 && track.startObject <= track.lastObject &&
    track.lastObject <= highest && track.firstSize >= 0 && track.size >= 0 && track.interval >= 0;
}

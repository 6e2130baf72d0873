import type {
  FillParameters,
  Filter,
  FullTrackName,
  Location,
  Namespace,
  ParameterName,
  Parameters,
  SetupOptions,
  Token,
  VarintFormat,
} from "@qumo/shared/wire";
import { WHOLE_GROUP } from "@qumo/shared/wire";
import fc from "fast-check";

/** Objects like those that are written by hand. */
export function record<T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(fields, { noNullPrototype: true });
}

const bytes = (maxLength: number, minLength = 0) => fc.uint8Array({ minLength, maxLength });

/** Text of any characters that fits into a reason. */
export const text = fc.string({ unit: "binary", maxLength: 256 });

/** 0 to 32 fields. */
export const namespace: fc.Arbitrary<Namespace> = fc.oneof(
  fc.array(bytes(20, 1), { maxLength: 4 }),
  fc.array(bytes(3, 1), { maxLength: 32 }),
);

/** 1 to 32 fields, as drafts up to 16 want them. */
export const ownNamespace = namespace.filter((fields) => fields.length > 0);

export const track: fc.Arbitrary<FullTrackName> = record({ namespace, name: bytes(40) });

/** The same with a namespace of 1 to 32 fields. */
export const ownTrack: fc.Arbitrary<FullTrackName> = record({
  namespace: ownNamespace,
  name: bytes(40),
});

/** A relay's name, of at most 255 bytes. */
const relayName = fc.string({ unit: "binary", maxLength: 60 });

export const hops = fc.array(relayName, { maxLength: 32 });

/** Key-value pairs of track properties, as they stand on the wire; the types carry no meaning. */
export const properties: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.constant(new Uint8Array(0)),
  fc.array(fc.nat(0x3f), { maxLength: 8 }).map((values) =>
    Uint8Array.from(values.flatMap((value, at) => [at === 0 ? 0x40 : 2, value]))
  ),
);

const rangeFilters = fc.array(bytes(20), { minLength: 1, maxLength: 3 });

// Where integers become longer, in whatever format.
const EDGES = [0x7fn, 0x80n, 0x3fffn, 0x4000n, 2n ** 53n, 2n ** 56n - 1n, 2n ** 56n];

/** Integers up to `max` of every length on the wire, the small ones often. */
export function integerUpTo(max: bigint): fc.Arbitrary<bigint> {
  const bits = max.toString(2).length - 1;
  return fc.oneof(
    fc.bigInt(0n, 300n),
    fc.integer({ min: 0, max: bits }).chain((n) => fc.bigInt(1n << BigInt(n), max)),
    fc.constantFrom(...EDGES.filter((edge) => edge < max), max),
  );
}

/** What messages hold, at the whole range that integers of one format carry and no more. */
export class ArbitraryValues {
  readonly format: VarintFormat;
  readonly integer: fc.Arbitrary<bigint>;
  readonly location: fc.Arbitrary<Location>;
  /** The last location of a range. */
  readonly end: fc.Arbitrary<Location>;
  readonly token: fc.Arbitrary<Token>;
  readonly filter: fc.Arbitrary<Filter>;
  readonly setupOptions: fc.Arbitrary<SetupOptions>;
  /** What drafts up to 16 have of them. */
  readonly setupParameters: fc.Arbitrary<SetupOptions>;
  readonly parameters: { readonly [N in ParameterName]: fc.Arbitrary<Required<Parameters>[N]> };

  constructor(format: VarintFormat) {
    const { max } = this.format = format;
    const integer = this.integer = integerUpTo(max);
    this.location = record({ group: integer, object: integer });
    const last = fc.oneof(integerUpTo(max - 1n), fc.constant(WHOLE_GROUP));
    this.end = record({ group: integer, object: last });
    this.token = tokenOf(integer);
    this.filter = filterOf(integer);
    this.setupOptions = setupOptionsOf(integer, this.token);
    this.setupParameters = fc.option(integer, { nil: undefined }).chain((maxRequestId) =>
      this.setupOptions.map((options) => ({
        ...options,
        ...(maxRequestId !== undefined && { maxRequestId }),
      }))
    );
    this.parameters = {
      // 0 is none, which drafts up to 16 cannot say.
      objectDeliveryTimeout: integer.filter((value) => value > 0n),
      authorizationTokens: fc.array(this.token, { minLength: 1, maxLength: 4 }),
      rendezvousTimeout: integer,
      subgroupDeliveryTimeout: integer,
      expires: integer,
      largestObject: this.location,
      fillTimeout: integer,
      forward: fc.boolean(),
      subscriberPriority: fc.nat(255),
      filter: this.filter,
      groupOrder: fc.constantFrom("ascending", "descending"),
      fill: fc.record({
        fillTimeout: integer,
        subscriberPriority: fc.nat(255),
        filter: this.filter,
        groupOrder: fc.constantFrom("ascending" as const, "descending" as const),
        objectIdFilters: rangeFilters,
      }, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<FillParameters>,
      subgroupFilters: rangeFilters,
      objectIdFilters: rangeFilters,
      priorityFilters: rangeFilters,
      objectPropertyFilters: rangeFilters,
      trackPropertyFilters: rangeFilters,
      newGroupRequest: integer,
      namespacePrefix: namespace,
      maxCacheDuration: integer,
      publisherPriority: fc.nat(255),
      dynamicGroups: fc.boolean(),
      includeProperties: fc.boolean(),
      hopPath: fc.uniqueArray(integer, { minLength: 1, maxLength: 32 }),
      routeCost: integer,
      meshScope: text,
      meshHops: hops,
      meshTrace: textOf(256),
      meshSource: textOf(320),
    };
  }
}

function textOf(most: number): fc.Arbitrary<string> {
  return text.filter((value) => new TextEncoder().encode(value).length <= most);
}

function tokenOf(integer: fc.Arbitrary<bigint>): fc.Arbitrary<Token> {
  return fc.oneof(
    record({ alias: fc.constant("delete" as const), id: integer }),
    record({ alias: fc.constant("use" as const), id: integer }),
    record({
      alias: fc.constant("register" as const),
      id: integer,
      type: integer,
      value: bytes(30),
    }),
    record({ alias: fc.constant("none" as const), type: integer, value: bytes(30) }),
  );
}

function filterOf(integer: fc.Arbitrary<bigint>): fc.Arbitrary<Filter> {
  const start = record({ group: integer, object: integer });
  return fc.oneof(
    record({ type: fc.constant("none" as const) }),
    record({ type: fc.constant("next_group" as const) }),
    integer.filter((groups) => groups > 0n)
      .map((groups) => ({ type: "recent_groups" as const, groups })),
    record({ type: fc.constant("largest_object" as const) }),
    record({ type: fc.constant("absolute_start" as const), start }),
    record({ start, end: integer }).map(({ start, end }) => ({
      type: "absolute_range" as const,
      start,
      endGroup: end < start.group ? start.group : end,
    })),
    record({ start, endObject: integer }).map(({ start, endObject }) => ({
      type: "absolute_range" as const,
      start,
      endGroup: start.group,
      endObject,
    })),
  );
}

function setupOptionsOf(
  integer: fc.Arbitrary<bigint>,
  token: fc.Arbitrary<Token>,
): fc.Arbitrary<SetupOptions> {
  return fc.record({
    path: text,
    authority: text,
    authorizationTokens: fc.array(token, { maxLength: 4 }),
    maxAuthTokenCacheSize: integer,
    implementation: text,
    maxRequestUpdates: integer,
    relayHops: integer,
    relayCost: integer,
    solicit: fc.boolean(),
    relayName,
    takesCuts: fc.boolean(),
  }, { requiredKeys: ["authorizationTokens"], noNullPrototype: true }) as fc.Arbitrary<
    SetupOptions
  >;
}

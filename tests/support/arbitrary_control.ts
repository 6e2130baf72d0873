import type {
  ControlKind,
  ControlMessage,
  Filter,
  FullTrackName,
  Location,
  Namespace,
  ParameterName,
  Parameters,
  SetupOptions,
  Token,
} from "@qumo/shared/wire";
import { doneNumbers, requestNumbers } from "@qumo/shared/wire";
import fc from "fast-check";

const MAX = 2n ** 64n - 1n;

/** Objects like those that are written by hand. */
function record<T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(fields, { noNullPrototype: true });
}

/** Integers of every length on the wire, the small ones often. */
export const integer: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt(0n, 300n),
  fc.integer({ min: 0, max: 63 }).chain((bits) => fc.bigInt(1n << BigInt(bits), MAX)),
  fc.constantFrom(0x7fn, 0x80n, 0x3fffn, 0x4000n, 2n ** 53n, 2n ** 56n - 1n, 2n ** 56n, MAX),
);

const bytes = (maxLength: number, minLength = 0) => fc.uint8Array({ minLength, maxLength });

/** Text of any characters that fits into a reason. */
const text = fc.string({ unit: "binary", maxLength: 256 });

/** 0 to 32 fields. */
export const namespace: fc.Arbitrary<Namespace> = fc.oneof(
  fc.array(bytes(20, 1), { maxLength: 4 }),
  fc.array(bytes(3, 1), { maxLength: 32 }),
);

/** A relay's name, of at most 255 bytes. */
const relayName = fc.string({ unit: "binary", maxLength: 60 });

const track: fc.Arbitrary<FullTrackName> = record({ namespace, name: bytes(40) });
const location: fc.Arbitrary<Location> = record({ group: integer, object: integer });

const token: fc.Arbitrary<Token> = fc.oneof(
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

const filter: fc.Arbitrary<Filter> = fc.oneof(
  record({ type: fc.constant("next_group" as const) }),
  record({ type: fc.constant("largest_object" as const) }),
  record({ type: fc.constant("absolute_start" as const), start: location }),
  record({ start: location, end: integer }).map(({ start, end }) => ({
    type: "absolute_range" as const,
    start,
    endGroup: end < start.group ? start.group : end,
  })),
);

const everyParameter: { [N in ParameterName]: fc.Arbitrary<Required<Parameters>[N]> } = {
  objectDeliveryTimeout: integer,
  authorizationTokens: fc.array(token, { minLength: 1, maxLength: 4 }),
  rendezvousTimeout: integer,
  subgroupDeliveryTimeout: integer,
  expires: integer,
  largestObject: location,
  fillTimeout: integer,
  forward: fc.boolean(),
  subscriberPriority: fc.nat(255),
  filter,
  groupOrder: fc.constantFrom("ascending", "descending"),
  newGroupRequest: integer,
  namespacePrefix: namespace,
  meshScope: text,
  meshHops: fc.array(relayName, { maxLength: 32 }),
  meshTrace: text.filter((value) => new TextEncoder().encode(value).length <= 256),
  meshSource: text.filter((value) => new TextEncoder().encode(value).length <= 320),
};

/** Any choice of these parameters. */
function parameters<N extends ParameterName>(...names: N[]): fc.Arbitrary<Parameters<N>> {
  const chosen = Object.fromEntries(names.map((name) => [name, everyParameter[name]]));
  return fc.record(chosen, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<
    Parameters<N>
  >;
}

/** Key-value pairs of track properties, as they stand on the wire; the types carry no meaning. */
const properties: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.constant(new Uint8Array(0)),
  fc.array(fc.nat(0x3f), { maxLength: 8 }).map((values) =>
    Uint8Array.from(values.flatMap((value, at) => [at === 0 ? 0x40 : 2, value]))
  ),
);

const subscribeBody = {
  requestId: integer,
  track,
  parameters: parameters(
    "objectDeliveryTimeout",
    "authorizationTokens",
    "rendezvousTimeout",
    "subgroupDeliveryTimeout",
    "forward",
    "subscriberPriority",
    "filter",
    "groupOrder",
    "newGroupRequest",
    "meshScope",
    "meshHops",
    "meshTrace",
  ),
};

const setupOptions: fc.Arbitrary<SetupOptions> = fc.record({
  path: text,
  authority: text,
  authorizationTokens: fc.array(token, { maxLength: 4 }),
  maxAuthTokenCacheSize: integer,
  implementation: text,
  relayHops: integer,
  solicit: fc.boolean(),
  relayName,
  takesCuts: fc.boolean(),
}, { requiredKeys: ["authorizationTokens"], noNullPrototype: true }) as fc.Arbitrary<SetupOptions>;

const requestErrors = Object.keys(requestNumbers).filter((name) => name !== "redirect");

const prefixRequest = { requestId: integer, prefix: namespace };

/** The fields are checked against the message, parameters and all, where the codec encodes them. */
function message(kind: ControlKind, body: Record<string, fc.Arbitrary<unknown>>) {
  const fields = { kind: fc.constant(kind), ...body };
  return record(fields) as unknown as fc.Arbitrary<ControlMessage>;
}

/** Any message of each kind, every field at its whole range and no more than the format carries. */
export const arbitraryMessage: { [K in ControlKind]: fc.Arbitrary<ControlMessage> } = {
  setup: message("setup", { options: setupOptions }),
  goaway: message("goaway", {
    uri: text,
    timeout: integer,
    requestId: fc.option(integer, { nil: undefined }),
  }),
  subscribe: message("subscribe", subscribeBody),
  trackStatus: message("trackStatus", subscribeBody),
  subscribeOk: message("subscribeOk", {
    alias: integer,
    parameters: parameters("expires", "largestObject", "meshHops", "meshSource"),
    properties,
  }),
  publish: message("publish", {
    requestId: integer,
    track,
    alias: integer,
    parameters: parameters("authorizationTokens", "expires", "largestObject", "forward"),
    properties,
  }),
  publishDone: message("publishDone", {
    code: fc.constantFrom(...Object.keys(doneNumbers)),
    streamCount: integer,
    reason: text,
  }),
  fetch: message("fetch", {
    requestId: integer,
    range: fc.oneof(
      record({ type: fc.constant("standalone"), track, start: location, end: location }),
      record({
        type: fc.constantFrom("relative_joining", "absolute_joining"),
        requestId: integer,
        start: integer,
      }),
    ),
    parameters: parameters(
      "authorizationTokens",
      "fillTimeout",
      "subscriberPriority",
      "groupOrder",
      "meshScope",
      "meshHops",
      "meshTrace",
    ),
  }),
  fetchOk: message("fetchOk", {
    endOfTrack: fc.boolean(),
    end: location,
    parameters: fc.constant({}),
    properties,
  }),
  publishNamespace: message("publishNamespace", {
    requestId: integer,
    namespace,
    parameters: parameters("authorizationTokens"),
  }),
  subscribeNamespace: message("subscribeNamespace", {
    ...prefixRequest,
    parameters: parameters("authorizationTokens"),
  }),
  subscribeTracks: message("subscribeTracks", {
    ...prefixRequest,
    parameters: parameters("authorizationTokens", "forward"),
  }),
  namespace: message("namespace", { suffix: namespace }),
  namespaceDone: message("namespaceDone", { suffix: namespace }),
  meshPath: message("meshPath", { hops: fc.array(relayName, { maxLength: 32 }) }),
  publishBlocked: message("publishBlocked", { track }),
  requestUpdate: message("requestUpdate", {
    requestId: integer,
    parameters: parameters(
      "objectDeliveryTimeout",
      "authorizationTokens",
      "subgroupDeliveryTimeout",
      "forward",
      "subscriberPriority",
      "filter",
      "newGroupRequest",
      "namespacePrefix",
    ),
  }),
  requestOk: message("requestOk", {
    parameters: parameters(
      "objectDeliveryTimeout",
      "subgroupDeliveryTimeout",
      "expires",
      "largestObject",
      "forward",
      "subscriberPriority",
      "filter",
      "groupOrder",
      "newGroupRequest",
    ),
    properties,
  }),
  requestError: fc.oneof(
    message("requestError", {
      code: fc.constantFrom(...requestErrors),
      retryAfter: integer,
      reason: text,
    }),
    message("requestError", {
      code: fc.constant("redirect"),
      retryAfter: integer,
      reason: text,
      redirect: record({ uri: text, namespace, name: bytes(40) }),
    }),
  ),
};

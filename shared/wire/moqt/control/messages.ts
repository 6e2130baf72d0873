import type { ByteReader, ByteWriter } from "../../bytes.ts";
import { type Codec, rest, struct, type ValueOf, varint } from "../../codec.ts";
import { DecodeError } from "../../errors.ts";
import { type Location, location } from "../../location.ts";
import { type FullTrackName, fullTrackName, namespace } from "../../names.ts";
import { pairs } from "../../pairs.ts";
import { MESH_PATH, relayNames } from "../mesh.ts";
import { type ParameterName, type Parameters, parameters } from "./parameters.ts";
import { reason, uri } from "./phrases.ts";
import { requestError } from "./request_error.ts";

export type { Redirect } from "./request_error.ts";

/** The end of a GOAWAY: the request id is there on the control stream and nowhere else. */
const optionalRequestId: Codec<bigint | undefined> = {
  encode: (writer, value) => value === undefined ? undefined : writer.varint(value),
  decode: (reader) => reader.remaining === 0 ? undefined : reader.varint(),
};

/** What a FETCH asks for (#message-fetch). The end is the last object plus 1; object 0 is the whole group. */
export type FetchRange =
  | {
    readonly type: "standalone";
    readonly track: FullTrackName;
    readonly start: Location;
    readonly end: Location;
  }
  /** `start` is a number of groups before the subscription's joining location. */
  | { readonly type: "relative_joining"; readonly requestId: bigint; readonly start: bigint }
  /** `start` is a group. */
  | { readonly type: "absolute_joining"; readonly requestId: bigint; readonly start: bigint };

const STANDALONE = 0x1n;
const RELATIVE_JOINING = 0x2n;
const ABSOLUTE_JOINING = 0x3n;

const standalone = struct({ track: fullTrackName, start: location, end: location });
const joining = struct({ requestId: varint, start: varint });

const fetchRange: Codec<FetchRange> = {
  encode(writer: ByteWriter, value) {
    switch (value.type) {
      case "standalone":
        writer.varint(STANDALONE);
        return standalone.encode(writer, value);
      case "relative_joining":
        writer.varint(RELATIVE_JOINING);
        return joining.encode(writer, value);
      case "absolute_joining":
        writer.varint(ABSOLUTE_JOINING);
        return joining.encode(writer, value);
    }
  },
  decode(reader: ByteReader) {
    const type = reader.varint();
    switch (type) {
      case STANDALONE:
        return { type: "standalone", ...standalone.decode(reader) };
      case RELATIVE_JOINING:
        return { type: "relative_joining", ...joining.decode(reader) };
      case ABSOLUTE_JOINING:
        return { type: "absolute_joining", ...joining.decode(reader) };
      default:
        throw new DecodeError("malformed", `Fetch type ${type} does not exist`);
    }
  },
};

/** One byte that says whether the end of the fetch is the end of the track. */
const endOfTrack: Codec<boolean> = {
  encode: (writer, value) => writer.u8(value ? 1 : 0),
  decode(reader) {
    const value = reader.u8();
    if (value > 1) throw new DecodeError("malformed", `End of track ${value} is neither 0 nor 1`);
    return value === 1;
  },
};

/**
 * Which parameters REQUEST_OK may carry depends on what it answers; the message alone does not say,
 * so its codec takes all of them and the session asks {@linkcode outOfScope}.
 */
export const okScope = {
  publish: [
    "objectDeliveryTimeout",
    "subgroupDeliveryTimeout",
    "expires",
    "forward",
    "subscriberPriority",
    "filter",
    "groupOrder",
    "newGroupRequest",
  ],
  trackStatus: ["expires", "largestObject"],
  requestUpdate: ["expires", "largestObject"],
  publishNamespace: [],
  subscribeNamespace: [],
  subscribeTracks: [],
} as const satisfies Record<string, readonly ParameterName[]>;

/** Which parameters REQUEST_UPDATE may carry depends on what it updates, as with {@linkcode okScope}. */
export const updateScope = {
  subscription: [
    "objectDeliveryTimeout",
    "authorizationTokens",
    "subgroupDeliveryTimeout",
    "forward",
    "subscriberPriority",
    "filter",
    "newGroupRequest",
  ],
  fetch: ["authorizationTokens", "subscriberPriority"],
  publish: ["authorizationTokens"],
  publishNamespace: ["authorizationTokens"],
  subscribeNamespace: ["authorizationTokens", "namespacePrefix"],
  subscribeTracks: ["authorizationTokens", "forward", "namespacePrefix"],
} as const satisfies Record<string, readonly ParameterName[]>;

/** The first parameter that is there and not allowed. */
export function outOfScope(
  found: Parameters,
  allowed: readonly ParameterName[],
): ParameterName | undefined {
  return (Object.keys(found) as ParameterName[]).find((name) => !allowed.includes(name));
}

const subscribe = struct({
  requestId: varint,
  track: fullTrackName,
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
});

const prefixRequest = {
  requestId: varint,
  prefix: namespace,
};

/**
 * The control messages of draft 18, and one of ours: their types on the wire and their layouts. `alias` is a second
 * type that is understood on receipt: drafts up to 17 had a PUBLISH_OK of its own and stacks still
 * send it.
 */
export const messageTable = {
  setup: { type: 0x2f00n, body: struct({ options: pairs }) },
  goaway: { type: 0x10n, body: struct({ uri, timeout: varint, requestId: optionalRequestId }) },
  subscribe: { type: 0x3n, body: subscribe },
  subscribeOk: {
    type: 0x4n,
    body: struct({
      alias: varint,
      parameters: parameters("expires", "largestObject", "meshHops", "meshSource"),
      properties: rest,
    }),
  },
  publish: {
    type: 0x1dn,
    body: struct({
      requestId: varint,
      track: fullTrackName,
      alias: varint,
      parameters: parameters("authorizationTokens", "expires", "largestObject", "forward"),
      properties: rest,
    }),
  },
  publishDone: {
    type: 0xbn,
    body: struct({ code: varint, streamCount: varint, reason }),
  },
  fetch: {
    type: 0x16n,
    body: struct({
      requestId: varint,
      range: fetchRange,
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
  },
  fetchOk: {
    type: 0x18n,
    body: struct({ endOfTrack, end: location, parameters: parameters(), properties: rest }),
  },
  trackStatus: { type: 0xdn, body: subscribe },
  publishNamespace: {
    type: 0x6n,
    body: struct({
      requestId: varint,
      namespace,
      parameters: parameters("authorizationTokens"),
    }),
  },
  subscribeNamespace: {
    type: 0x50n,
    body: struct({ ...prefixRequest, parameters: parameters("authorizationTokens") }),
  },
  subscribeTracks: {
    type: 0x51n,
    body: struct({ ...prefixRequest, parameters: parameters("authorizationTokens", "forward") }),
  },
  namespace: { type: 0x8n, body: struct({ suffix: namespace }) },
  namespaceDone: { type: 0xen, body: struct({ suffix: namespace }) },
  publishBlocked: { type: 0xfn, body: struct({ track: fullTrackName }) },
  requestUpdate: {
    type: 0x2n,
    body: struct({
      requestId: varint,
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
  },
  requestOk: {
    type: 0x7n,
    alias: 0x1en,
    body: struct({
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
      properties: rest,
    }),
  },
  requestError: { type: 0x5n, body: requestError },
  /** Between our relays, from a publisher on the stream of a SUBSCRIBE: the way of the track changed. */
  meshPath: { type: MESH_PATH, body: struct({ hops: relayNames }) },
} as const;

type Table = typeof messageTable;
/** The name of a control message. */
export type ControlKind = keyof Table;
/** A control message of one kind, or of one of several. */
export type ControlMessageOf<K extends ControlKind> = K extends ControlKind
  ? { readonly kind: K } & ValueOf<Table[K]["body"]>
  : never;
/** A control message: `kind` says which. */
export type ControlMessage = ControlMessageOf<ControlKind>;

import { type Codec, rest, struct, varint } from "../../codec.ts";
import { DecodeError } from "../../errors.ts";
import { fullTrackName, namespace } from "../../names.ts";
import type { MessageTable } from "../control/codec.ts";
import { namespaceCame } from "../control/namespace_came.ts";
import { endAfter, fetchRange } from "../control/fetch_range.ts";
import { uri } from "../control/phrases.ts";
import { publishDoneOf } from "../control/publish_done.ts";
import { requestErrorOf } from "../control/request_error.ts";
import { setupOptions } from "../control/setup_options.ts";
import { MESH_PATH, relayNames } from "../mesh.ts";
import type { ParameterRules } from "../model/parameter_rules.ts";
import { doneCodes, requestCodes } from "./draft18_codes.ts";
import { parameters } from "./draft18_parameters.ts";

/** The end of a GOAWAY: the request id is there on the control stream and nowhere else. */
const optionalRequestId: Codec<bigint | undefined> = {
  encode: (writer, value) => value === undefined ? undefined : writer.varint(value),
  decode: (reader) => reader.remaining === 0 ? undefined : reader.varint(),
};

/** One byte that says whether the end of the fetch is the end of the track. */
export const endOfTrack: Codec<boolean> = {
  encode: (writer, value) => writer.u8(value ? 1 : 0),
  decode(reader) {
    const value = reader.u8();
    if (value > 1) throw new DecodeError("malformed", `End of track ${value} is neither 0 nor 1`);
    return value === 1;
  },
};

/** Which parameters answers and updates of draft 18 may carry. */
export const parameterRules: ParameterRules = {
  ok: {
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
  },
  update: {
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
  },
};

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
  setup: { type: 0x2f00n, body: struct({ options: setupOptions }) },
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
    body: publishDoneOf(doneCodes),
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
    body: struct({ endOfTrack, end: endAfter, parameters: parameters(), properties: rest }),
  },
  trackStatus: { type: 0xdn, body: subscribe },
  publishNamespace: {
    type: 0x6n,
    body: struct({
      requestId: varint,
      namespace,
      parameters: parameters("authorizationTokens", "hopPath", "routeCost"),
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
  namespace: { type: 0x8n, body: namespaceCame(parameters("hopPath", "routeCost")) },
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
  requestError: { type: 0x5n, body: requestErrorOf(requestCodes) },
  /**
   * Between our relays, from a publisher on the stream of a SUBSCRIBE: the path of the track has
   * changed.
   */
  meshPath: { type: MESH_PATH, body: struct({ hops: relayNames }) },
} as const satisfies MessageTable;

import { type Codec, rest, struct, varint } from "../../codec.ts";
import { fullTrackName, namespace } from "../../names.ts";
import { NO_PROPERTIES } from "../../properties.ts";
import { code } from "../control/code.ts";
import type { MessageTable } from "../control/codec.ts";
import { endAfter, fetchRange } from "../control/fetch_range.ts";
import { reason, uri } from "../control/phrases.ts";
import { publishDoneOf } from "../control/publish_done.ts";
import { unsaid } from "../control/values.ts";
import type { ParameterRules } from "../model/parameter_rules.ts";
import { wants } from "./draft16_messages.ts";
import { doneCodes, requestCodes } from "./draft17_codes.ts";
import { parameters } from "./draft17_parameters.ts";
import { endOfTrack, messageTable as table18 } from "./draft18_messages.ts";

/**
 * The id of a request, and how far back the request is that must be there before it: ours need none,
 * and what a peer's need is there by the time that it matters.
 */
const requestId: Codec<bigint> = {
  encode(writer, value) {
    writer.varint(value);
    writer.varint(0n);
  },
  decode(reader) {
    const id = reader.varint();
    reader.varint();
    return id;
  },
};

const SUBSCRIPTION_UPDATE = [
  "objectDeliveryTimeout",
  "authorizationTokens",
  "forward",
  "subscriberPriority",
  "filter",
  "newGroupRequest",
] as const;

const PUBLISH_OK = [
  "objectDeliveryTimeout",
  "expires",
  "forward",
  "subscriberPriority",
  "filter",
  "groupOrder",
  "newGroupRequest",
] as const;

const MESH = ["meshScope", "meshHops", "meshTrace"] as const;

/** Which parameters answers and updates of draft 17 may carry. */
export const parameterRules: ParameterRules = {
  ok: {
    publish: PUBLISH_OK,
    trackStatus: ["expires", "largestObject"],
    requestUpdate: ["expires", "largestObject"],
    publishNamespace: [],
    subscribeNamespace: [],
    subscribeTracks: [],
  },
  update: {
    subscription: SUBSCRIPTION_UPDATE,
    fetch: ["authorizationTokens", "subscriberPriority"],
    publish: ["authorizationTokens"],
    publishNamespace: ["authorizationTokens"],
    subscribeNamespace: ["authorizationTokens"],
    subscribeTracks: ["authorizationTokens", "forward"],
  },
};

const subscribe = struct({
  requestId,
  track: fullTrackName,
  parameters: parameters(
    "objectDeliveryTimeout",
    "authorizationTokens",
    "rendezvousTimeout",
    "forward",
    "subscriberPriority",
    "filter",
    "groupOrder",
    "newGroupRequest",
    ...MESH,
  ),
});

const { subscribeNamespace: _namespaces, subscribeTracks: _tracks, ...kept } = table18;

/** The control messages of draft 17, and ours. `alias` is PUBLISH_OK. */
export const messageTable = {
  ...kept,
  goaway: { type: 0x10n, body: struct({ uri, timeout: varint }) },
  subscribe: { type: 0x3n, body: subscribe },
  trackStatus: { type: 0xdn, body: subscribe },
  publish: {
    type: 0x1dn,
    body: struct({
      requestId,
      track: fullTrackName,
      alias: varint,
      parameters: parameters("authorizationTokens", "expires", "largestObject", "forward"),
      properties: rest,
    }),
  },
  publishDone: { type: 0xbn, body: publishDoneOf(doneCodes) },
  fetch: {
    type: 0x16n,
    body: struct({
      requestId,
      range: fetchRange,
      parameters: parameters(
        "authorizationTokens",
        "subscriberPriority",
        "groupOrder",
        ...MESH,
      ),
    }),
  },
  fetchOk: {
    type: 0x18n,
    body: struct({ endOfTrack, end: endAfter, parameters: parameters(), properties: rest }),
  },
  publishNamespace: {
    type: 0x6n,
    body: struct({
      requestId,
      namespace,
      parameters: parameters("authorizationTokens", "hopPath", "routeCost"),
    }),
  },
  subscribePrefix: {
    type: 0x11n,
    body: struct({
      requestId,
      prefix: namespace,
      wants,
      parameters: parameters("authorizationTokens", "forward"),
    }),
  },
  requestUpdate: {
    type: 0x2n,
    body: struct({ requestId, parameters: parameters(...SUBSCRIPTION_UPDATE) }),
  },
  requestOk: {
    type: 0x7n,
    alias: 0x1en,
    body: struct({
      parameters: parameters(...PUBLISH_OK, "largestObject"),
      properties: unsaid<Uint8Array>(NO_PROPERTIES),
    }),
  },
  requestError: {
    type: 0x5n,
    body: struct({ code: code(requestCodes), retryAfter: varint, reason }),
  },
} as const satisfies MessageTable;

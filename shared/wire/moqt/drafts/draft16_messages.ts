import { type Codec, rest, struct, varint } from "../../codec.ts";
import { DecodeError } from "../../errors.ts";
import { namespace, ownNamespace, ownTrackName } from "../../names.ts";
import { NO_PROPERTIES } from "../../properties.ts";
import { code } from "../control/code.ts";
import { endAfter, fetchRangeOf } from "../control/fetch_range.ts";
import type { MultiplexedTable } from "../control/multiplexed_codec.ts";
import { reason, uri } from "../control/phrases.ts";
import { setupParameters } from "../control/setup_options.ts";
import { flag, unsaid } from "../control/values.ts";
import type { SubscribePrefix } from "../model/multiplexed_messages.ts";
import type { ParameterRules } from "../model/parameter_rules.ts";
import { doneCodes, requestCodes } from "./draft16_codes.ts";
import { parameters } from "./draft16_parameters.ts";

const WANTS: readonly SubscribePrefix["wants"][] = ["tracks", "namespaces", "both"];

/** What of a prefix is asked for: the Subscribe Options (#message-subscribe-ns). */
export const wants: Codec<SubscribePrefix["wants"]> = {
  encode: (writer, value) => writer.count(WANTS.indexOf(value)),
  decode(reader) {
    const value = reader.varint();
    const found = value < 3n ? WANTS[Number(value)] : undefined;
    if (found === undefined) throw new DecodeError("malformed", `Subscribe options ${value}`);
    return found;
  },
};

/**
 * Which parameters answers and updates of draft 16 may carry. Those that do not belong into a message
 * at all are left out by its codec.
 */
export const parameterRules: ParameterRules = {
  ok: {
    publish: [
      "objectDeliveryTimeout",
      "expires",
      "forward",
      "subscriberPriority",
      "filter",
      "groupOrder",
      "newGroupRequest",
    ],
    trackStatus: ["expires", "largestObject"],
    requestUpdate: ["expires", "largestObject"],
    publishNamespace: ["expires", "largestObject"],
    subscribeNamespace: ["expires", "largestObject"],
    subscribeTracks: ["expires", "largestObject"],
  },
  update: {
    subscription: [
      "objectDeliveryTimeout",
      "authorizationTokens",
      "forward",
      "subscriberPriority",
      "filter",
      "newGroupRequest",
    ],
    fetch: ["authorizationTokens", "subscriberPriority"],
    publish: ["authorizationTokens"],
    publishNamespace: ["authorizationTokens"],
    subscribeNamespace: ["authorizationTokens"],
    subscribeTracks: ["authorizationTokens"],
  },
};

const ofRequest = { requestId: varint };
const options = setupParameters("delta");
const authorized = parameters("authorizationTokens");

/** The control messages of draft 16, by its own names for them: their types and their layouts. */
export const messageTable = {
  clientSetup: {
    kind: "clientSetup",
    type: 0x20n,
    body: struct({ versions: unsaid<readonly bigint[]>([]), options }),
  },
  serverSetup: {
    kind: "serverSetup",
    type: 0x21n,
    body: struct({ version: unsaid<bigint | undefined>(undefined), options }),
  },
  goaway: {
    kind: "goaway",
    type: 0x10n,
    body: struct({ uri, timeout: unsaid(0n), requestId: unsaid<bigint | undefined>(undefined) }),
  },
  maxRequestId: { kind: "maxRequestId", type: 0x15n, body: struct({ limit: varint }) },
  requestsBlocked: { kind: "requestsBlocked", type: 0x1an, body: struct({ limit: varint }) },
  requestOk: {
    kind: "requestOk",
    type: 0x7n,
    body: struct({
      ...ofRequest,
      parameters: parameters("expires", "largestObject"),
      properties: unsaid<Uint8Array>(NO_PROPERTIES),
    }),
  },
  requestError: {
    kind: "requestError",
    type: 0x5n,
    body: struct({ ...ofRequest, code: code(requestCodes), retryAfter: varint, reason }),
  },
  subscribe: {
    kind: "subscribe",
    type: 0x3n,
    body: struct({
      ...ofRequest,
      track: ownTrackName,
      parameters: parameters(
        "objectDeliveryTimeout",
        "authorizationTokens",
        "forward",
        "subscriberPriority",
        "filter",
        "groupOrder",
        "newGroupRequest",
      ),
    }),
  },
  subscribeOk: {
    kind: "subscribeOk",
    type: 0x4n,
    body: struct({
      ...ofRequest,
      alias: varint,
      parameters: parameters("expires", "largestObject"),
      properties: rest,
    }),
  },
  requestUpdate: {
    kind: "requestUpdate",
    type: 0x2n,
    body: struct({
      ...ofRequest,
      existing: varint,
      parameters: parameters(
        "objectDeliveryTimeout",
        "authorizationTokens",
        "forward",
        "subscriberPriority",
        "filter",
        "newGroupRequest",
      ),
    }),
  },
  unsubscribe: { kind: "unsubscribe", type: 0xan, body: struct(ofRequest) },
  publish: {
    kind: "publish",
    type: 0x1dn,
    body: struct({
      ...ofRequest,
      track: ownTrackName,
      alias: varint,
      parameters: parameters("authorizationTokens", "expires", "largestObject", "forward"),
      properties: rest,
    }),
  },
  publishOk: {
    kind: "requestOk",
    to: "publish",
    type: 0x1en,
    body: struct({
      ...ofRequest,
      parameters: parameters(
        "objectDeliveryTimeout",
        "expires",
        "forward",
        "subscriberPriority",
        "filter",
        "groupOrder",
        "newGroupRequest",
      ),
      properties: unsaid<Uint8Array>(NO_PROPERTIES),
    }),
  },
  publishDone: {
    kind: "publishDone",
    type: 0xbn,
    body: struct({ ...ofRequest, code: code(doneCodes), streamCount: varint, reason }),
  },
  fetch: {
    kind: "fetch",
    type: 0x16n,
    body: struct({
      ...ofRequest,
      range: fetchRangeOf(ownTrackName),
      parameters: parameters("authorizationTokens", "subscriberPriority", "groupOrder"),
    }),
  },
  fetchOk: {
    kind: "fetchOk",
    type: 0x18n,
    body: struct({
      ...ofRequest,
      endOfTrack: flag,
      end: endAfter,
      parameters: parameters(),
      properties: rest,
    }),
  },
  fetchCancel: { kind: "fetchCancel", type: 0x17n, body: struct(ofRequest) },
  trackStatus: {
    kind: "trackStatus",
    type: 0xdn,
    body: struct({ ...ofRequest, track: ownTrackName, parameters: authorized }),
  },
  publishNamespace: {
    kind: "publishNamespace",
    type: 0x6n,
    body: struct({ ...ofRequest, namespace: ownNamespace, parameters: authorized }),
  },
  publishNamespaceDone: { kind: "publishNamespaceDone", type: 0x9n, body: struct(ofRequest) },
  publishNamespaceCancel: {
    kind: "publishNamespaceCancel",
    type: 0xcn,
    body: struct({ ...ofRequest, code: code(requestCodes), reason }),
  },
  subscribeNamespace: {
    kind: "subscribePrefix",
    type: 0x11n,
    body: struct({
      ...ofRequest,
      prefix: namespace,
      wants,
      parameters: parameters("authorizationTokens", "forward"),
    }),
  },
  namespace: { kind: "namespace", type: 0x8n, body: struct({ suffix: namespace }) },
  namespaceDone: { kind: "namespaceDone", type: 0xen, body: struct({ suffix: namespace }) },
} as const satisfies MultiplexedTable;

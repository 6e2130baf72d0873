import { struct, varint } from "../../codec.ts";
import { ownNamespace, ownTrackName } from "../../names.ts";
import { NO_PROPERTIES } from "../../properties.ts";
import { code } from "../control/code.ts";
import { endAfter, fetchRangeOf } from "../control/fetch_range.ts";
import { mapped } from "../control/mapped.ts";
import type { MultiplexedBodyOf, MultiplexedTable } from "../control/multiplexed_codec.ts";
import { reason } from "../control/phrases.ts";
import { prefixWithFields } from "../control/prefix.ts";
import { setupParameters } from "../control/setup_options.ts";
import { asProperties, factsOf, type TrackFacts } from "../control/track_facts.ts";
import { flag, unsaid } from "../control/values.ts";
import type { SubscribePrefix } from "../model/multiplexed_messages.ts";
import type { ParameterRules } from "../model/parameter_rules.ts";
import { requestCodes } from "./draft15_codes.ts";
import { data15 } from "./draft15_data.ts";
import { parameters } from "./draft15_parameters.ts";
import { messageTable as messages16, parameterRules as rules16 } from "./draft16_messages.ts";

/** Which parameters answers and updates of draft 15 may carry; only subscriptions are updated. */
export const parameterRules: ParameterRules = {
  ok: rules16.ok,
  update: {
    subscription: rules16.update.subscription,
    fetch: [],
    publish: [],
    publishNamespace: [],
    subscribeNamespace: [],
    subscribeTracks: [],
  },
};

const ofRequest = { requestId: varint };
const options = setupParameters("absolute");
const authorized = parameters("authorizationTokens");
const ofTrack = [
  "objectDeliveryTimeout",
  "maxCacheDuration",
  "publisherPriority",
  "groupOrder",
  "dynamicGroups",
] as const;
const ofSubscription = [
  "objectDeliveryTimeout",
  "authorizationTokens",
  "forward",
  "subscriberPriority",
  "filter",
  "newGroupRequest",
] as const;

/** Parameters of a message and of its track, apart. */
function apart<P extends TrackFacts>(all: P) {
  const {
    objectDeliveryTimeout,
    maxCacheDuration,
    publisherPriority,
    groupOrder,
    dynamicGroups,
    ...parameters
  } = all;
  const facts = {
    ...(objectDeliveryTimeout !== undefined && { objectDeliveryTimeout }),
    ...(maxCacheDuration !== undefined && { maxCacheDuration }),
    ...(publisherPriority !== undefined && { publisherPriority }),
    ...(groupOrder !== undefined && { groupOrder }),
    ...(dynamicGroups !== undefined && { dynamicGroups }),
  };
  return { parameters, properties: asProperties(facts) };
}

/** Both together; ascending order is what nothing says. */
function together<P extends object>(parameters: P, properties: Uint8Array): P & TrackFacts {
  const { groupOrder, ...facts } = factsOf(properties, data15.properties);
  return { ...parameters, ...facts, ...(groupOrder === "descending" && { groupOrder }) };
}

const subscribe = struct({
  ...ofRequest,
  track: ownTrackName,
  parameters: parameters(...ofSubscription, "groupOrder"),
});

/** The control messages of draft 15, by its own names for them: their types and their layouts. */
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
  goaway: messages16.goaway,
  maxRequestId: messages16.maxRequestId,
  requestsBlocked: messages16.requestsBlocked,
  requestOk: {
    kind: "requestOk",
    type: 0x7n,
    body: mapped(
      struct({ ...ofRequest, parameters: parameters("expires", "largestObject", ...ofTrack) }),
      ({ requestId, parameters }): MultiplexedBodyOf<"requestOk"> => ({
        requestId,
        ...apart(parameters),
      }),
      ({ requestId, parameters, properties }) => ({
        requestId,
        parameters: together(parameters, properties),
      }),
    ),
  },
  requestError: {
    kind: "requestError",
    type: 0x5n,
    body: struct({ ...ofRequest, code: code(requestCodes), retryAfter: unsaid(0n), reason }),
  },
  subscribe: { kind: "subscribe", type: 0x3n, body: subscribe },
  subscribeOk: {
    kind: "subscribeOk",
    type: 0x4n,
    body: mapped(
      struct({
        ...ofRequest,
        alias: varint,
        parameters: parameters("expires", "largestObject", ...ofTrack),
      }),
      ({ parameters, ...fields }): MultiplexedBodyOf<"subscribeOk"> => ({
        ...fields,
        ...apart(parameters),
      }),
      ({ requestId, alias, parameters, properties }) => ({
        requestId,
        alias,
        parameters: together(parameters, properties),
      }),
    ),
  },
  subscribeUpdate: {
    kind: "requestUpdate",
    type: 0x2n,
    body: struct({ ...ofRequest, existing: varint, parameters: parameters(...ofSubscription) }),
  },
  unsubscribe: messages16.unsubscribe,
  publish: {
    kind: "publish",
    type: 0x1dn,
    body: mapped(
      struct({
        ...ofRequest,
        track: ownTrackName,
        alias: varint,
        parameters: parameters(
          "authorizationTokens",
          "expires",
          "largestObject",
          "forward",
          ...ofTrack,
        ),
      }),
      ({ parameters, ...fields }): MultiplexedBodyOf<"publish"> => ({
        ...fields,
        ...apart(parameters),
      }),
      ({ requestId, track, alias, parameters, properties }) => ({
        requestId,
        track,
        alias,
        parameters: together(parameters, properties),
      }),
    ),
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
  publishDone: messages16.publishDone,
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
    body: mapped(
      struct({
        ...ofRequest,
        endOfTrack: flag,
        end: endAfter,
        parameters: parameters("maxCacheDuration"),
      }),
      ({ parameters, ...fields }): MultiplexedBodyOf<"fetchOk"> => ({
        ...fields,
        ...apart(parameters),
      }),
      ({ requestId, endOfTrack, end, properties }) => {
        const { maxCacheDuration } = factsOf(properties, data15.properties);
        const parameters = maxCacheDuration === undefined ? {} : { maxCacheDuration };
        return { requestId, endOfTrack, end, parameters };
      },
    ),
  },
  fetchCancel: messages16.fetchCancel,
  trackStatus: { kind: "trackStatus", type: 0xdn, body: subscribe },
  publishNamespace: {
    kind: "publishNamespace",
    type: 0x6n,
    body: struct({ ...ofRequest, namespace: ownNamespace, parameters: authorized }),
  },
  publishNamespaceDone: {
    kind: "publishNamespaceDone",
    type: 0x9n,
    body: struct({ namespace: ownNamespace }),
  },
  publishNamespaceCancel: {
    kind: "publishNamespaceCancel",
    type: 0xcn,
    body: struct({ namespace: ownNamespace, code: code(requestCodes), reason }),
  },
  subscribeNamespace: {
    kind: "subscribePrefix",
    type: 0x11n,
    body: struct({
      ...ofRequest,
      prefix: prefixWithFields,
      wants: unsaid<SubscribePrefix["wants"]>("both"),
      parameters: parameters("authorizationTokens", "forward"),
    }),
  },
  unsubscribeNamespace: { kind: "unsubscribePrefix", type: 0x14n, body: struct(ofRequest) },
} as const satisfies MultiplexedTable;

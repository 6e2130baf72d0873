import { rest, struct, varint } from "../../codec.ts";
import { location } from "../../location.ts";
import { fullTrackName, namespace } from "../../names.ts";
import type { MessageTable } from "../control/codec.ts";
import { fetchByFilter } from "../control/fetch_by_filter.ts";
import type { ChooseParameters } from "../control/parameters.ts";
import { publishDoneOf } from "../control/publish_done.ts";
import { requestErrorOf } from "../control/request_error.ts";
import type { ParameterRules } from "../model/parameter_rules.ts";
import { endOfTrack } from "./draft18_messages.ts";
import { messageTable as table19, OBJECT_FILTERS } from "./draft19_messages.ts";
import { doneCodes, requestCodes } from "./draft20_codes.ts";

const SUBSCRIPTION_UPDATE = [
  "objectDeliveryTimeout",
  "authorizationTokens",
  "subgroupDeliveryTimeout",
  "forward",
  "subscriberPriority",
  "filter",
  "fill",
  ...OBJECT_FILTERS,
  "newGroupRequest",
] as const;

/** Which parameters answers and updates of draft 20 and later may carry. */
export const parameterRules: ParameterRules = {
  ok: {
    publish: ["expires"],
    trackStatus: ["expires", "largestObject"],
    requestUpdate: ["expires", "largestObject"],
    publishNamespace: ["expires"],
    subscribeNamespace: ["expires"],
    subscribeTracks: ["expires"],
  },
  update: {
    subscription: SUBSCRIPTION_UPDATE,
    fetch: ["authorizationTokens", "subscriberPriority"],
    publish: ["authorizationTokens"],
    publishNamespace: ["authorizationTokens"],
    subscribeNamespace: ["authorizationTokens", "namespacePrefix"],
    subscribeTracks: [
      "authorizationTokens",
      "forward",
      ...OBJECT_FILTERS,
      "trackPropertyFilters",
      "namespacePrefix",
    ],
  },
};

const OF_SUBSCRIPTION = [
  "objectDeliveryTimeout",
  "authorizationTokens",
  "rendezvousTimeout",
  "subgroupDeliveryTimeout",
  "forward",
  "subscriberPriority",
  "filter",
  "groupOrder",
  "fill",
  ...OBJECT_FILTERS,
  "newGroupRequest",
  "includeProperties",
] as const;

const MESH = ["meshScope", "meshHops", "meshTrace"] as const;

/** The control messages of draft 20 and later, and ours, with a draft's parameters. */
export function messageTableOf(parameters: ChooseParameters) {
  const subscribe = struct({
    requestId: varint,
    track: fullTrackName,
    parameters: parameters(...OF_SUBSCRIPTION, ...MESH),
  });
  return {
    ...table19,
    subscribe: { type: 0x3n, body: subscribe },
    trackStatus: { type: 0xdn, body: subscribe },
    publish: {
      type: 0x1dn,
      body: struct({
        requestId: varint,
        track: fullTrackName,
        alias: varint,
        parameters: parameters(
          "objectDeliveryTimeout",
          "authorizationTokens",
          "subgroupDeliveryTimeout",
          "expires",
          "largestObject",
          "forward",
          "subscriberPriority",
          "filter",
          "groupOrder",
        ),
        properties: rest,
      }),
    },
    publishStateNotify: {
      type: 0x22n,
      body: struct({ parameters: parameters("largestObject", "forward", "filter") }),
    },
    publishDone: { type: 0xbn, body: publishDoneOf(doneCodes) },
    fetch: {
      type: 0x16n,
      body: fetchByFilter(parameters(
        "authorizationTokens",
        "fillTimeout",
        "subscriberPriority",
        "filter",
        "groupOrder",
        ...OBJECT_FILTERS,
        "includeProperties",
        ...MESH,
      )),
    },
    fetchOk: {
      type: 0x18n,
      body: struct({ endOfTrack, end: location, parameters: parameters(), properties: rest }),
    },
    subscribeTracks: {
      type: 0x51n,
      body: struct({
        requestId: varint,
        prefix: namespace,
        parameters: parameters(...OF_SUBSCRIPTION, "trackPropertyFilters"),
      }),
    },
    requestUpdate: {
      type: 0x2n,
      body: struct({
        requestId: varint,
        parameters: parameters(
          ...SUBSCRIPTION_UPDATE,
          "trackPropertyFilters",
          "namespacePrefix",
        ),
      }),
    },
    requestOk: {
      type: 0x7n,
      body: struct({ parameters: parameters("expires", "largestObject"), properties: rest }),
    },
    requestError: { type: 0x5n, body: requestErrorOf(requestCodes) },
  } as const satisfies MessageTable;
}

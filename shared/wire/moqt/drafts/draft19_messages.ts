import { rest, struct, varint } from "../../codec.ts";
import { fullTrackName, namespace } from "../../names.ts";
import type { MessageTable } from "../control/codec.ts";
import { fetchRange } from "../control/fetch_range.ts";
import { uri } from "../control/phrases.ts";
import { requestErrorOf } from "../control/request_error.ts";
import type { ParameterRules } from "../model/parameter_rules.ts";
import { messageTable as table18, parameterRules as rules18 } from "./draft18_messages.ts";
import { requestCodes } from "./draft19_codes.ts";
import { parameters } from "./draft19_parameters.ts";

/** The filters of objects, which a subscription, a fetch and a request for tracks may have. */
export const OBJECT_FILTERS = [
  "subgroupFilters",
  "objectIdFilters",
  "priorityFilters",
  "objectPropertyFilters",
] as const;

/** Which parameters answers and updates of draft 19 may carry. */
export const parameterRules: ParameterRules = {
  ok: {
    publish: [
      "objectDeliveryTimeout",
      "subgroupDeliveryTimeout",
      "expires",
      "forward",
      "subscriberPriority",
      "filter",
      ...OBJECT_FILTERS,
      "newGroupRequest",
    ],
    trackStatus: ["expires", "largestObject"],
    requestUpdate: ["expires", "largestObject"],
    publishNamespace: ["expires"],
    subscribeNamespace: ["expires"],
    subscribeTracks: ["expires"],
  },
  update: {
    ...rules18.update,
    subscription: [...rules18.update.subscription, ...OBJECT_FILTERS],
    subscribeTracks: [
      ...rules18.update.subscribeTracks,
      ...OBJECT_FILTERS,
      "trackPropertyFilters",
    ],
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
    ...OBJECT_FILTERS,
    "newGroupRequest",
    "meshScope",
    "meshHops",
    "meshTrace",
  ),
});

/** The control messages of draft 19, and ours. */
export const messageTable = {
  ...table18,
  goaway: { type: 0x10n, body: struct({ uri, timeout: varint }) },
  subscribe: { type: 0x3n, body: subscribe },
  trackStatus: { type: 0xdn, body: subscribe },
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
        ...OBJECT_FILTERS,
        "meshScope",
        "meshHops",
        "meshTrace",
      ),
    }),
  },
  subscribeTracks: {
    type: 0x51n,
    body: struct({
      requestId: varint,
      prefix: namespace,
      parameters: parameters(
        "authorizationTokens",
        "forward",
        "groupOrder",
        ...OBJECT_FILTERS,
        "trackPropertyFilters",
      ),
    }),
  },
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
        ...OBJECT_FILTERS,
        "trackPropertyFilters",
        "newGroupRequest",
        "namespacePrefix",
      ),
    }),
  },
  requestOk: {
    type: 0x7n,
    body: struct({
      parameters: parameters(
        "objectDeliveryTimeout",
        "subgroupDeliveryTimeout",
        "expires",
        "largestObject",
        "forward",
        "subscriberPriority",
        "filter",
        ...OBJECT_FILTERS,
        "newGroupRequest",
      ),
      properties: rest,
    }),
  },
  requestError: { type: 0x5n, body: requestErrorOf(requestCodes) },
} as const satisfies MessageTable;

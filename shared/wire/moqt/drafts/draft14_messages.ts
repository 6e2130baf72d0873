import { ByteReader } from "../../bytes.ts";
import { type Codec, struct, varint } from "../../codec.ts";
import { EncodeError } from "../../errors.ts";
import { MAX_OFFERED_VERSIONS } from "../../limits.ts";
import { ownNamespace } from "../../names.ts";
import { NO_PROPERTIES } from "../../properties.ts";
import { code } from "../control/code.ts";
import type { MultiplexedBodyOf, MultiplexedTable } from "../control/multiplexed_codec.ts";
import { reason } from "../control/phrases.ts";
import { prefixWithFields } from "../control/prefix.ts";
import { setupParameters } from "../control/setup_options.ts";
import { strayParameters, unsaid } from "../control/values.ts";
import type { CodeTable, RequestErrorName } from "../model/codes.ts";
import type { SubscribePrefix } from "../model/multiplexed_messages.ts";
import type { ParameterRules } from "../model/parameter_rules.ts";
import {
  doneCodes,
  fetchCodes,
  publishCodes,
  publishNamespaceCodes,
  subscribeCodes,
  subscribeNamespaceCodes,
} from "./draft14_codes.ts";
import { parameters } from "./draft14_parameters.ts";
import * as tracks from "./draft14_tracks.ts";
import { messageTable as messages16 } from "./draft16_messages.ts";

/** The versions that a client offers. */
const versions: Codec<readonly bigint[]> = {
  encode(writer, list) {
    writer.count(list.length);
    for (const version of list) writer.varint(version);
  },
  decode(reader) {
    const count = reader.count(MAX_OFFERED_VERSIONS, "The number of versions");
    return Array.from({ length: count }, () => reader.varint());
  },
};

const ofRequest = { requestId: varint };

/** What an UNSUBSCRIBE_NAMESPACE names: the prefix; some clients name the request, as later drafts do. */
const prefixOrRequest: Codec<MultiplexedBodyOf<"unsubscribePrefix">> = {
  encode(writer, { namespace }) {
    if (namespace === undefined) throw new EncodeError("Cannot encode the end of no prefix");
    ownNamespace.encode(writer, namespace);
  },
  decode(reader) {
    const body = reader.rest();
    const inner = new ByteReader(body, reader.format);
    const first = inner.varint();
    if (inner.remaining === 0) return { requestId: first };
    const whole = new ByteReader(body, reader.format);
    const namespace = ownNamespace.decode(whole);
    whole.end("a prefix");
    return { namespace };
  },
};
const options = setupParameters("absolute");
const authorized = parameters("authorizationTokens");
const plainOk = struct({
  ...ofRequest,
  parameters: strayParameters,
  properties: unsaid<Uint8Array>(NO_PROPERTIES),
});

function refusal(codes: CodeTable<RequestErrorName>) {
  return struct({ ...ofRequest, code: code(codes), retryAfter: unsaid(0n), reason });
}

/** Which parameters answers and updates of draft 14 may carry; only subscriptions are updated. */
export const parameterRules: ParameterRules = {
  ok: {
    publish: ["objectDeliveryTimeout", "forward", "subscriberPriority", "filter", "groupOrder"],
    trackStatus: ["expires", "largestObject"],
    requestUpdate: [],
    publishNamespace: [],
    subscribeNamespace: [],
    subscribeTracks: [],
  },
  update: {
    subscription: [
      "objectDeliveryTimeout",
      "authorizationTokens",
      "forward",
      "subscriberPriority",
      "filter",
    ],
    fetch: [],
    publish: [],
    publishNamespace: [],
    subscribeNamespace: [],
    subscribeTracks: [],
  },
};

/** The control messages of draft 14, by its own names for them: their types and their layouts. */
export const messageTable = {
  clientSetup: { kind: "clientSetup", type: 0x20n, body: struct({ versions, options }) },
  serverSetup: {
    kind: "serverSetup",
    type: 0x21n,
    body: struct({ version: varint as Codec<bigint | undefined>, options }),
  },
  goaway: messages16.goaway,
  maxRequestId: messages16.maxRequestId,
  requestsBlocked: messages16.requestsBlocked,
  subscribe: { kind: "subscribe", type: 0x3n, body: tracks.subscribe },
  subscribeOk: { kind: "subscribeOk", type: 0x4n, body: tracks.subscribeOk },
  subscribeError: {
    kind: "requestError",
    to: "subscribe",
    type: 0x5n,
    body: refusal(subscribeCodes),
  },
  subscribeUpdate: { kind: "requestUpdate", type: 0x2n, body: tracks.subscribeUpdate },
  unsubscribe: messages16.unsubscribe,
  publish: { kind: "publish", type: 0x1dn, body: tracks.publish },
  publishOk: { kind: "requestOk", to: "publish", type: 0x1en, body: tracks.publishOk },
  publishError: { kind: "requestError", to: "publish", type: 0x1fn, body: refusal(publishCodes) },
  publishDone: {
    kind: "publishDone",
    type: 0xbn,
    body: struct({ ...ofRequest, code: code(doneCodes), streamCount: varint, reason }),
  },
  fetch: { kind: "fetch", type: 0x16n, body: tracks.fetch },
  fetchOk: { kind: "fetchOk", type: 0x18n, body: tracks.fetchOk },
  fetchError: { kind: "requestError", to: "fetch", type: 0x19n, body: refusal(fetchCodes) },
  fetchCancel: messages16.fetchCancel,
  trackStatus: { kind: "trackStatus", type: 0xdn, body: tracks.subscribe },
  trackStatusOk: { kind: "requestOk", to: "trackStatus", type: 0xen, body: tracks.trackStatusOk },
  trackStatusError: {
    kind: "requestError",
    to: "trackStatus",
    type: 0xfn,
    body: refusal(subscribeCodes),
  },
  publishNamespace: {
    kind: "publishNamespace",
    type: 0x6n,
    body: struct({ ...ofRequest, namespace: ownNamespace, parameters: authorized }),
  },
  publishNamespaceOk: { kind: "requestOk", to: "publishNamespace", type: 0x7n, body: plainOk },
  publishNamespaceError: {
    kind: "requestError",
    to: "publishNamespace",
    type: 0x8n,
    body: refusal(publishNamespaceCodes),
  },
  publishNamespaceDone: {
    kind: "publishNamespaceDone",
    type: 0x9n,
    body: struct({ namespace: ownNamespace }),
  },
  publishNamespaceCancel: {
    kind: "publishNamespaceCancel",
    type: 0xcn,
    body: struct({ namespace: ownNamespace, code: code(publishNamespaceCodes), reason }),
  },
  subscribeNamespace: {
    kind: "subscribePrefix",
    type: 0x11n,
    body: struct({
      ...ofRequest,
      prefix: prefixWithFields,
      wants: unsaid<SubscribePrefix["wants"]>("both"),
      parameters: authorized,
    }),
  },
  subscribeNamespaceOk: { kind: "requestOk", to: "subscribePrefix", type: 0x12n, body: plainOk },
  subscribeNamespaceError: {
    kind: "requestError",
    to: "subscribePrefix",
    type: 0x13n,
    body: refusal(subscribeNamespaceCodes),
  },
  unsubscribeNamespace: {
    kind: "unsubscribePrefix",
    type: 0x14n,
    body: prefixOrRequest,
  },
} as const satisfies MultiplexedTable;

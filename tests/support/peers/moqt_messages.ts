import {
  type ControlMessage as TheirMessage,
  type Parameters as TheirParameters,
  type ParameterValue as TheirParameterValue,
  vi64EncodingLength,
  writeVi64,
} from "@moqt/transport";
import {
  ByteReader,
  type ControlMessage,
  type Filter,
  type Parameters,
  type RangeFilterName,
  type Token,
  WHOLE_GROUP,
} from "@qumo/shared/wire";
import { referenceDraft } from "../reference_draft.ts";

/** Properties of a track: pairs of an even type and an integer. */
export type PropertyMap = Map<bigint, bigint[]>;

/** What both sides have: not what our relays say to each other alone. */
export type CommonMessage = Exclude<
  ControlMessage,
  { kind: "meshPath" | "publishStateNotify" | "subscribePrefix" }
>;
type CommonParameters = Omit<
  Parameters,
  | "hopPath"
  | "routeCost"
  | "meshScope"
  | "meshHops"
  | "meshTrace"
  | "meshSource"
  // Other drafts alone have them.
  | "maxCacheDuration"
  | "publisherPriority"
  | "dynamicGroups"
  | "fill"
  | "includeProperties"
  | RangeFilterName
>;

/** What `@moqt/transport` says for the same message; `properties` is what the bytes of ours hold. */
export function toTheirs(message: CommonMessage, properties: PropertyMap): TheirMessage {
  const { kind } = message;
  // The stream says which request a message belongs to; their encoder asks for the ids and drops them.
  const answer = { requestId: 0n };
  switch (kind) {
    case "setup":
      return { type: "SETUP", setupOptions: groupBy(pairsOf(message)) };
    case "goaway":
      return {
        type: "GOAWAY",
        newSessionUri: message.uri,
        timeout: message.timeout,
        ...(message.requestId !== undefined && { requestId: message.requestId }),
      };
    case "subscribe":
    case "trackStatus":
      return {
        type: kind === "subscribe" ? "SUBSCRIBE" : "TRACK_STATUS",
        requestId: message.requestId,
        ...trackOf(message.track),
        parameters: parametersOf(message.parameters),
      };
    case "subscribeOk":
      return {
        type: "SUBSCRIBE_OK",
        ...answer,
        trackAlias: message.alias,
        parameters: parametersOf(message.parameters),
        trackProperties: properties,
      };
    case "publish":
      return {
        type: "PUBLISH",
        requestId: message.requestId,
        ...trackOf(message.track),
        trackAlias: message.alias,
        parameters: parametersOf(message.parameters),
        trackProperties: properties,
      };
    case "publishDone":
      return {
        type: "PUBLISH_DONE",
        ...answer,
        statusCode: numberOf(referenceDraft.doneCodes, message.code),
        streamCount: message.streamCount,
        errorReason: message.reason,
      };
    case "fetch":
      return {
        type: "FETCH",
        requestId: message.requestId,
        fetch: rangeOf(message.range),
        parameters: parametersOf(message.parameters),
      };
    case "fetchOk":
      return {
        type: "FETCH_OK",
        ...answer,
        endOfTrack: message.endOfTrack ? 1 : 0,
        endLocation: endOf(message.end),
        parameters: new Map(),
        trackProperties: properties,
      };
    case "publishNamespace":
      return {
        type: "PUBLISH_NAMESPACE",
        requestId: message.requestId,
        trackNamespace: [...message.namespace],
        parameters: parametersOf(message.parameters),
      };
    case "subscribeNamespace":
    case "subscribeTracks":
      return {
        type: kind === "subscribeTracks" ? "SUBSCRIBE_TRACKS" : "SUBSCRIBE_NAMESPACE",
        requestId: message.requestId,
        trackNamespacePrefix: [...message.prefix],
        parameters: parametersOf(message.parameters),
      };
    case "namespace":
    case "namespaceDone":
      return {
        type: kind === "namespace" ? "NAMESPACE" : "NAMESPACE_DONE",
        trackNamespaceSuffix: [...message.suffix],
      };
    case "publishBlocked":
      return {
        type: "PUBLISH_BLOCKED",
        trackNamespaceSuffix: [...message.track.namespace],
        trackName: message.track.name,
      };
    case "requestUpdate":
      return {
        type: "REQUEST_UPDATE",
        requestId: message.requestId,
        existingRequestId: 0n,
        parameters: parametersOf(message.parameters),
      };
    case "requestOk":
      return {
        type: "REQUEST_OK",
        ...answer,
        parameters: parametersOf(message.parameters),
        trackProperties: properties,
      };
    case "requestError":
      return {
        type: "REQUEST_ERROR",
        ...answer,
        errorCode: numberOf(referenceDraft.requestCodes, message.code),
        retryInterval: message.retryAfter,
        errorReason: message.reason,
        ...(message.redirect && {
          redirect: {
            connectUri: new TextEncoder().encode(message.redirect.uri),
            trackNamespace: [...message.redirect.namespace],
            trackName: message.redirect.name,
          },
        }),
      };
    default:
      return message satisfies never;
  }
}

type MessageOf<K> = Extract<ControlMessage, { kind: K }>;

function trackOf({ namespace, name }: MessageOf<"subscribe">["track"]) {
  return { trackNamespace: [...namespace], trackName: name };
}

function rangeOf(range: MessageOf<"fetch">["range"]) {
  if (range.type === "standalone") {
    return {
      fetchType: 0x1,
      ...trackOf(range.track),
      startLocation: range.start,
      endLocation: endOf(range.end),
    } as const;
  }
  if (range.type === "filtered") throw new Error("Drafts up to 19 have no such FETCH");
  return {
    fetchType: range.type === "relative_joining" ? 0x2 : 0x3,
    joiningRequestId: range.requestId,
    joiningStart: range.start,
  } as const;
}

const parameterTypes: Readonly<Record<keyof CommonParameters, bigint>> = {
  objectDeliveryTimeout: 0x02n,
  authorizationTokens: 0x03n,
  rendezvousTimeout: 0x04n,
  subgroupDeliveryTimeout: 0x06n,
  expires: 0x08n,
  largestObject: 0x09n,
  fillTimeout: 0x0an,
  forward: 0x10n,
  subscriberPriority: 0x20n,
  filter: 0x21n,
  groupOrder: 0x22n,
  newGroupRequest: 0x32n,
  namespacePrefix: 0x34n,
};

function parametersOf(parameters: Parameters): TheirParameters {
  const found: TheirParameters = new Map();
  for (const name of Object.keys(parameterTypes) as (keyof CommonParameters)[]) {
    if (name in parameters) found.set(parameterTypes[name], valuesOf(parameters, name));
  }
  return found;
}

function valuesOf(
  parameters: Parameters,
  name: keyof CommonParameters,
): TheirParameterValue[] {
  switch (name) {
    case "authorizationTokens":
      return parameters.authorizationTokens!.map(tokenBytes);
    case "largestObject":
      return [parameters.largestObject!];
    case "forward":
      return [parameters.forward ? 1n : 0n];
    case "subscriberPriority":
      return [BigInt(parameters.subscriberPriority!)];
    case "filter":
      return [filterBytes(parameters.filter!)];
    case "groupOrder":
      return [parameters.groupOrder === "ascending" ? 1n : 2n];
    case "namespacePrefix":
      return [[...parameters.namespacePrefix!]];
    default:
      return [parameters[name]!];
  }
}

function tokenBytes(token: Token): Uint8Array {
  switch (token.alias) {
    case "delete":
      return theirIntegers(0n, token.id);
    case "register":
      return Uint8Array.of(...theirIntegers(1n, token.id, token.type), ...token.value);
    case "use":
      return theirIntegers(2n, token.id);
    case "none":
      return Uint8Array.of(...theirIntegers(3n, token.type), ...token.value);
  }
}

function filterBytes(filter: Filter): Uint8Array {
  switch (filter.type) {
    case "none":
    case "recent_groups":
      throw new Error(`Drafts up to 19 have no filter ${filter.type}`);
    case "next_group":
      return theirIntegers(1n);
    case "largest_object":
      return theirIntegers(2n);
    case "absolute_start":
      return theirIntegers(3n, filter.start.group, filter.start.object);
    case "absolute_range": {
      const { group, object } = filter.start;
      return theirIntegers(4n, group, object, filter.endGroup - group);
    }
  }
}

function theirIntegers(...values: bigint[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => {
    const bytes = new Uint8Array(vi64EncodingLength(value));
    writeVi64(value, bytes, 0);
    return [...bytes];
  }));
}

function numberOf(table: Readonly<Record<string, number>>, name: string): bigint {
  return BigInt(table[name] ?? table["internal_error"]!);
}

/** The end of a range as the draft writes it. */
function endOf({ group, object }: MessageOf<"fetchOk">["end"]) {
  return { group, object: object === WHOLE_GROUP ? 0n : object + 1n };
}

/** The options of a SETUP as they stand on the wire. */
function pairsOf(message: MessageOf<"setup">) {
  const reader = new ByteReader(referenceDraft.control.encode(message), referenceDraft.varint);
  reader.varint();
  reader.u16();
  const list: { type: bigint; value: bigint | Uint8Array }[] = [];
  for (let type = 0n; reader.remaining > 0;) {
    type += reader.varint();
    const isNumber = type % 2n === 0n;
    const value = isNumber ? reader.varint() : reader.bytes(reader.count(65_535, "A value"));
    list.push({ type, value });
  }
  return list;
}

function groupBy<T>(pairs: readonly { readonly type: bigint; readonly value: T }[]) {
  const grouped = new Map<bigint, T[]>();
  for (const { type, value } of pairs) {
    grouped.set(type, [...grouped.get(type) ?? [], value]);
  }
  return grouped;
}

import {
  type ControlMessage,
  type DoneName,
  type MultiplexedMessage,
  type MultiplexedMessageOf,
  type Namespace,
  namespaceKey,
  type RequestErrorName,
  type StreamErrorName,
  type VarintFormat,
} from "@qumo/shared/wire";

/*
 * The same request in the words of a session, whose requests have streams of their own, and in those
 * of a control stream that all requests share: there each message says which request it is about, and
 * what the end of a stream says takes a message.
 */

/** The messages that begin a request. */
export type Beginning = MultiplexedMessageOf<
  "subscribe" | "publish" | "fetch" | "trackStatus" | "publishNamespace" | "subscribePrefix"
>;

/** One request, as far as what ends it depends on it. */
export interface RequestFacts {
  readonly beginning: Beginning;
  readonly openedBy: "us" | "peer";
  /** Whether its answer was sent or has come. */
  readonly isAnswered: boolean;
}

/** Messages of the peer that name a request which was begun. */
export type Follow = MultiplexedMessageOf<
  | "subscribeOk"
  | "fetchOk"
  | "requestOk"
  | "requestError"
  | "publishDone"
  | "requestUpdate"
  | "unsubscribe"
  | "fetchCancel"
  | "publishNamespaceDone"
  | "publishNamespaceCancel"
  | "unsubscribePrefix"
>;

/** Whether the peer may say this of a request. */
export function mayFollow(message: Follow, facts: RequestFacts): boolean {
  const { beginning: { kind }, openedBy, isAnswered } = facts;
  const isOwn = openedBy === "us";
  switch (message.kind) {
    case "subscribeOk":
    case "fetchOk":
      return isOwn && !isAnswered;
    case "requestOk":
    case "requestError":
      return isOwn && !isAnswered && (message.to === undefined || message.to === kind);
    case "requestUpdate":
      return !isOwn || kind === "publish";
    case "publishDone":
      return kind === (isOwn ? "subscribe" : "publish");
    case "unsubscribe":
      return kind === (isOwn ? "publish" : "subscribe");
    case "fetchCancel":
      return !isOwn && kind === "fetch";
    case "publishNamespaceDone":
      return !isOwn && kind === "publishNamespace";
    case "publishNamespaceCancel":
      return isOwn && kind === "publishNamespace";
    case "unsubscribePrefix":
      return !isOwn && kind === "subscribePrefix";
  }
}

/** The first message of a request of ours, with its id; undefined for one that begins none. */
export function beginningOf(message: ControlMessage, requestId: bigint): Beginning | undefined {
  switch (message.kind) {
    case "subscribe":
    case "publish":
    case "fetch":
    case "trackStatus":
    case "publishNamespace":
      return { ...message, requestId };
    case "subscribeNamespace":
      return { ...message, kind: "subscribePrefix", wants: "both", requestId };
    default:
      return undefined;
  }
}

/** What the end of our half of a request says; undefined when nothing is to be said. */
export function endOf(
  facts: RequestFacts,
  { cancelled, varint }: {
    /** Why it is broken off; undefined when all was said. */
    readonly cancelled: StreamErrorName | undefined;
    readonly varint: VarintFormat;
  },
): MultiplexedMessage | undefined {
  const { beginning: { kind, requestId }, openedBy, isAnswered } = facts;
  if (openedBy === "us") return ownEnd(facts, cancelled, varint);
  if (cancelled !== undefined && !isAnswered) {
    return { ...refusalFor(cancelled), kind: "requestError", requestId, to: kind };
  }
  switch (kind) {
    case "subscribe":
      return cancelled === undefined ? undefined : broken(requestId, cancelled, varint);
    case "publish":
      return { kind: "unsubscribe", requestId };
    case "publishNamespace": {
      if (cancelled === undefined) return undefined;
      const { code, reason } = refusalFor(cancelled);
      return { kind: "publishNamespaceCancel", ...namesOf(facts.beginning), code, reason };
    }
    default:
      // The data stream of a fetch says that it was broken off.
      return undefined;
  }
}

function ownEnd(
  { beginning }: RequestFacts,
  cancelled: StreamErrorName | undefined,
  varint: VarintFormat,
): MultiplexedMessage | undefined {
  const { kind, requestId } = beginning;
  switch (kind) {
    case "subscribe":
      return { kind: "unsubscribe", requestId };
    case "fetch":
      return cancelled === undefined ? undefined : { kind: "fetchCancel", requestId };
    case "publish":
      return cancelled === undefined ? undefined : broken(requestId, cancelled, varint);
    case "publishNamespace":
      return { kind: "publishNamespaceDone", ...namesOf(beginning) };
    case "subscribePrefix":
      return { kind: "unsubscribePrefix", ...namesOf(beginning) };
    case "trackStatus":
      return undefined;
  }
}

/** By what a draft may name a request that is about a namespace. */
export function namesOf(beginning: Beginning): { requestId: bigint; namespace?: Namespace } {
  const { requestId } = beginning;
  switch (beginning.kind) {
    case "publishNamespace":
      return { requestId, namespace: beginning.namespace };
    case "subscribePrefix":
      return { requestId, namespace: beginning.prefix };
    default:
      return { requestId };
  }
}

/** The key of a request by its namespace. */
export function nameOf(
  { namespace }: { readonly namespace?: readonly Uint8Array[] | undefined },
  openedBy: "us" | "peer",
  kind: Beginning["kind"],
): string | undefined {
  return namespace === undefined ? undefined : `${openedBy} ${kind} ${namespaceKey(namespace)}`;
}

function broken(
  requestId: bigint,
  cancelled: StreamErrorName,
  varint: VarintFormat,
): MultiplexedMessageOf<"publishDone"> {
  const code: DoneName = DONE[cancelled] ?? "internal_error";
  // How many streams there were is not known here (#message-publish-done).
  return { kind: "publishDone", requestId, code, streamCount: varint.max, reason: BROKEN_OFF };
}

function refusalFor(cancelled: StreamErrorName) {
  const code: RequestErrorName = REFUSED[cancelled] ?? "internal_error";
  return { code, retryAfter: 0n, reason: BROKEN_OFF };
}

const BROKEN_OFF = "the request was broken off";

const DONE: Partial<Record<StreamErrorName, DoneName>> = {
  going_away: "going_away",
  too_far_behind: "too_far_behind",
  excessive_load: "excessive_load",
  malformed_track: "malformed_track",
};

const REFUSED: Partial<Record<StreamErrorName, RequestErrorName>> = {
  going_away: "going_away",
  expired_auth_token: "expired_auth_token",
  excessive_load: "excessive_load",
  malformed_track: "malformed_track",
};

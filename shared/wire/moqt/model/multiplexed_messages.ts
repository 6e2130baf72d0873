import type { Namespace } from "../../names.ts";
import type { Code, RequestErrorName } from "./codes.ts";
import type {
  Fetch,
  FetchOk,
  Goaway,
  Publish,
  PublishDone,
  RequestError,
  RequestOk,
  RequestUpdate,
  Subscribe,
  SubscribeOk,
  TrackStatusRequest,
} from "./messages.ts";
import type {
  NamespaceCame,
  NamespaceDone,
  PublishNamespace,
  SubscribePrefix,
} from "./namespace_messages.ts";
import type { GroupOrder } from "./group_order.ts";
import type { SetupOptions } from "./setup_options.ts";

/*
 * What drafts up to 16 say on the control stream that all requests of a session share: the model's
 * messages with the id of the request they are about, and in messages of their own what later drafts
 * say by ending a request's stream.
 */

/** The client begins the session. */
export interface ClientSetup {
  readonly kind: "clientSetup";
  /** The versions that it offers; none where the draft is known before (15 and 16). */
  readonly versions: readonly bigint[];
  readonly options: SetupOptions;
}

/** The server's answer to it. */
export interface ServerSetup {
  readonly kind: "serverSetup";
  /** The version that it chose; undefined where the draft is known before (15 and 16). */
  readonly version: bigint | undefined;
  readonly options: SetupOptions;
}

/** The sender takes more requests. */
export interface MaxRequestId {
  readonly kind: "maxRequestId";
  /** Ids from here on are not allowed. */
  readonly limit: bigint;
}

/** The sender would like to begin more requests. */
export interface RequestsBlocked {
  readonly kind: "requestsBlocked";
  /** The limit that stops it. */
  readonly limit: bigint;
}

export type { SubscribePrefix };

/** What is answered by a REQUEST_OK or a REQUEST_ERROR, or by the messages that were there before them. */
export type AnsweredKind =
  | "subscribe"
  | "publish"
  | "fetch"
  | "trackStatus"
  | "publishNamespace"
  | "subscribePrefix"
  | "requestUpdate";

/** In which order the groups of a fetch come; draft 14 alone says it. */
interface Ordered {
  readonly order?: GroupOrder;
}

/** A message about the request with this id. */
interface About {
  readonly requestId: bigint;
}

/** An answer that several requests have. */
interface Answer extends About {
  /** What is answered. Sent messages say it, received ones where their type on the wire tells. */
  readonly to?: AnsweredKind | undefined;
}

/** Changes a request: its own id is that of the change. */
interface Change {
  /** The id of the request that is changed. */
  readonly existing: bigint;
}

/** The subscriber has enough: of a subscription, or of a fetch. */
export interface Unsubscribe<K extends "unsubscribe" | "fetchCancel"> extends About {
  readonly kind: K;
}

/**
 * An announcement, or a request for what is under a prefix, by what the draft names it. Sent messages
 * say both, received ones have one of them.
 */
interface Withdrawn {
  readonly requestId?: bigint | undefined;
  readonly namespace?: Namespace | undefined;
}

/** The sender withdraws its announcement, or has enough of what is under a prefix. */
export interface Withdrawal<K extends "publishNamespaceDone" | "unsubscribePrefix">
  extends Withdrawn {
  readonly kind: K;
}

/** The receiver of an announcement does not want it any more. */
export interface PublishNamespaceCancel extends Withdrawn {
  readonly kind: "publishNamespaceCancel";
  readonly code: Code<RequestErrorName>;
  readonly reason: string;
}

/** A message of a control stream that all requests share: `kind` says which. */
export type MultiplexedMessage =
  | ClientSetup
  | ServerSetup
  | Goaway
  | MaxRequestId
  | RequestsBlocked
  | Subscribe
  | TrackStatusRequest
  | Publish
  | Fetch
  | PublishNamespace
  | SubscribePrefix
  | (SubscribeOk & About)
  | (FetchOk & About & Ordered)
  | (PublishDone & About)
  | (RequestOk & Answer)
  | (RequestError & Answer)
  | (RequestUpdate & Change)
  | NamespaceCame
  | NamespaceDone
  | Unsubscribe<"unsubscribe">
  | Unsubscribe<"fetchCancel">
  | Withdrawal<"publishNamespaceDone">
  | Withdrawal<"unsubscribePrefix">
  | PublishNamespaceCancel;

/** The name of a message on such a stream. */
export type MultiplexedKind = MultiplexedMessage["kind"];
/** A message of one kind, or of one of several. */
export type MultiplexedMessageOf<K extends MultiplexedKind> = Extract<
  MultiplexedMessage,
  { kind: K }
>;

import type { Location } from "../../location.ts";
import type { FullTrackName, Namespace } from "../../names.ts";
import type { Code, DoneName, RequestErrorName } from "./codes.ts";
import type {
  NamespaceCame,
  NamespaceDone,
  PublishBlocked,
  PublishNamespace,
  SubscribeNamespace,
  SubscribePrefix,
  SubscribeTracks,
} from "./namespace_messages.ts";
import type { Parameters, RangeFilterName, TrackParameterName } from "./parameters.ts";
import type { SetupOptions } from "./setup_options.ts";

/*
 * Requests and their answers in the words of no draft: what sessions speak. Each draft maps them to
 * bytes and back, as far as it has them.
 */

/** The beginning of a session, from both sides. */
export interface Setup {
  readonly kind: "setup";
  readonly options: SetupOptions;
}

/** The sender goes away: the session ends in `timeout` milliseconds. */
export interface Goaway {
  readonly kind: "goaway";
  /** Where to go instead; empty when the sender does not say. */
  readonly uri: string;
  readonly timeout: bigint;
  /** The first request that is not served any more, where the draft says it. */
  readonly requestId?: bigint | undefined;
}

interface TrackRequest {
  readonly requestId: bigint;
  readonly track: FullTrackName;
  readonly parameters: Parameters<TrackParameterName | "meshScope" | "meshHops" | "meshTrace">;
}

/** Asks for a track. */
export interface Subscribe extends TrackRequest {
  readonly kind: "subscribe";
}

/** Asks what there is to know of a track. */
export interface TrackStatusRequest extends TrackRequest {
  readonly kind: "trackStatus";
}

/** A subscription that was asked for is served. */
export interface SubscribeOk {
  readonly kind: "subscribeOk";
  /** By which name its objects come. */
  readonly alias: bigint;
  readonly parameters: Parameters<"expires" | "largestObject" | "meshHops" | "meshSource">;
  /** Properties of the track. */
  readonly properties: Uint8Array;
}

/** Offers a track. */
export interface Publish {
  readonly kind: "publish";
  readonly requestId: bigint;
  readonly track: FullTrackName;
  readonly alias: bigint;
  readonly parameters: Parameters<
    | "objectDeliveryTimeout"
    | "authorizationTokens"
    | "subgroupDeliveryTimeout"
    | "expires"
    | "largestObject"
    | "forward"
    | "subscriberPriority"
    | "filter"
    | "groupOrder"
  >;
  readonly properties: Uint8Array;
}

/** What has changed of a subscription, beside what its subscriber asked for. */
export interface PublishStateNotify {
  readonly kind: "publishStateNotify";
  readonly parameters: Parameters<"largestObject" | "forward" | "filter">;
}

/** A subscription is over. */
export interface PublishDone {
  readonly kind: "publishDone";
  readonly code: Code<DoneName>;
  /** How many streams of objects there were. */
  readonly streamCount: bigint;
  readonly reason: string;
}

/** What a FETCH asks for (#message-fetch). */
export type FetchRange =
  /** What the filter among the parameters says. */
  | { readonly type: "filtered"; readonly track: FullTrackName }
  | {
    readonly type: "standalone";
    readonly track: FullTrackName;
    readonly start: Location;
    /** The last location; object {@linkcode WHOLE_GROUP} for all of its group. */
    readonly end: Location;
  }
  /** `start` is a number of groups before the subscription's joining location. */
  | { readonly type: "relative_joining"; readonly requestId: bigint; readonly start: bigint }
  /** `start` is a group. */
  | { readonly type: "absolute_joining"; readonly requestId: bigint; readonly start: bigint };

/** The object id that stands for "to the end of the group" in a range. */
export const WHOLE_GROUP = 2n ** 64n - 1n;

/** Asks for objects of the past. */
export interface Fetch {
  readonly kind: "fetch";
  readonly requestId: bigint;
  readonly range: FetchRange;
  readonly parameters: Parameters<
    | "authorizationTokens"
    | "fillTimeout"
    | "subscriberPriority"
    | "filter"
    | "groupOrder"
    | RangeFilterName
    | "includeProperties"
    | "meshScope"
    | "meshHops"
    | "meshTrace"
  >;
}

/** Objects of the past come. */
export interface FetchOk {
  readonly kind: "fetchOk";
  readonly endOfTrack: boolean;
  /** The last location that can come; object {@linkcode WHOLE_GROUP} for all of its group. */
  readonly end: Location;
  readonly parameters: Parameters<never>;
  readonly properties: Uint8Array;
}

/** Changes a request. */
export interface RequestUpdate {
  readonly kind: "requestUpdate";
  readonly requestId: bigint;
  readonly parameters: Parameters<
    | "objectDeliveryTimeout"
    | "authorizationTokens"
    | "subgroupDeliveryTimeout"
    | "forward"
    | "subscriberPriority"
    | "filter"
    | "fill"
    | RangeFilterName
    | "newGroupRequest"
    | "namespacePrefix"
  >;
}

/** A request, or a change of one, is agreed to. */
export interface RequestOk {
  readonly kind: "requestOk";
  /** Whether a PUBLISH is agreed to, for drafts that have an answer of its own for that. */
  readonly answersPublish?: true;
  readonly parameters: Parameters<
    | "objectDeliveryTimeout"
    | "subgroupDeliveryTimeout"
    | "expires"
    | "largestObject"
    | "forward"
    | "subscriberPriority"
    | "filter"
    | "groupOrder"
    | RangeFilterName
    | "newGroupRequest"
  >;
  readonly properties: Uint8Array;
}

/** Where to ask instead (#redirect-structure). An empty URI is the same session. */
export interface Redirect {
  readonly uri: string;
  readonly namespace: Namespace;
  readonly name: Uint8Array;
}

/** A request, or a change of one, is refused. */
export interface RequestError {
  readonly kind: "requestError";
  readonly code: Code<RequestErrorName>;
  /** Milliseconds plus one after which the same may succeed; 0 says never. */
  readonly retryAfter: bigint;
  readonly reason: string;
  /** There exactly when the code is `redirect`. */
  readonly redirect?: Redirect;
}

/** Between our relays, from a publisher to its subscriber: the path of the track has changed. */
export interface MeshPath {
  readonly kind: "meshPath";
  readonly hops: readonly string[];
}

/** A message between the two ends of a session: `kind` says which. */
export type ControlMessage =
  | Setup
  | Goaway
  | Subscribe
  | TrackStatusRequest
  | SubscribeOk
  | Publish
  | PublishStateNotify
  | PublishDone
  | Fetch
  | FetchOk
  | PublishNamespace
  | SubscribeNamespace
  | SubscribeTracks
  | SubscribePrefix
  | NamespaceCame
  | NamespaceDone
  | PublishBlocked
  | RequestUpdate
  | RequestOk
  | RequestError
  | MeshPath;

/** The name of a message. */
export type ControlKind = ControlMessage["kind"];
/** A message of one kind, or of one of several. */
export type ControlMessageOf<K extends ControlKind> = Extract<ControlMessage, { kind: K }>;
/** What a message of a kind says. */
export type BodyOf<K extends ControlKind> = Omit<ControlMessageOf<K>, "kind">;

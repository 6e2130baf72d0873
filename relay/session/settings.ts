import type { Outcome } from "@qumo/shared/runtime";
import type { FullTrackName, Namespace } from "@qumo/shared/wire";
import type { Refusal } from "../track/mod.ts";
import type { Forward, LateJoin } from "../vocabulary.ts";

/** How far one subscription may fall behind. */
export interface DeliveryLimits {
  /** Bytes that may wait for the subscriber before it is given no further group. */
  readonly maxBacklogBytes: number;
  /** Streams that may be open for it before it is given no further subgroup. */
  readonly maxOpenSubgroups: number;
  /** Milliseconds without the subscriber taking a byte after which the subscription is ended. */
  readonly stallTimeoutMs: number;
}

/** What one session may ask for; beyond it a request is refused, or the session waits. */
export interface SessionLimits {
  /** Requests that are open at once, of every kind. */
  readonly maxRequests: number;
  readonly maxSubscriptions: number;
  /** Tracks published to us, offered and asked for together. */
  readonly maxPublishedTracks: number;
  /** Namespaces that the peer announces. */
  readonly maxNamespaces: number;
  /** Prefixes of namespaces and tracks that the peer watches. */
  readonly maxNamespaceSubscriptions: number;
  readonly maxFetches: number;
  /** Bytes of one object's payload. */
  readonly maxObjectBytes: number;
  /** Control messages a second, on average, and at once. */
  readonly controlMessageRate: number;
  readonly controlMessageBurst: number;
}

/** How the relay behaves towards its peers. Times are milliseconds. */
export interface SessionSettings {
  /** What MOQT_IMPLEMENTATION says; undefined says nothing. */
  readonly implementation: string | undefined;
  readonly lateJoin: LateJoin;
  readonly forward: Forward;
  /** Whether each peer is asked for its namespaces. */
  readonly solicit: boolean;
  /** The longest wait for a publisher, whatever the subscriber asks for. */
  readonly rendezvousMaxMs: number;
  /** How long a peer may take to answer a request of ours. */
  readonly requestTimeoutMs: number;
  /** How long SETUP, and the first message of a stream, may take to come. */
  readonly setupTimeoutMs: number;
  /** Unidirectional streams that the transport lets a peer have open. */
  readonly maxIncomingStreams: number;
  readonly limits: SessionLimits;
  readonly delivery: DeliveryLimits;
}

/** Something that a peer wants to do, for whoever decides whether it may. */
export interface AuthorizationRequest {
  readonly action:
    | "setup"
    | "subscribe"
    | "fetch"
    | "track_status"
    | "publish"
    | "publish_namespace"
    | "subscribe_namespace"
    | "subscribe_tracks";
  /** Path and query that the peer connected to. */
  readonly path: string;
  readonly namespace: Namespace;
  readonly track: FullTrackName | undefined;
  /** The tokens of SETUP, then those of the message. */
  readonly tokens: readonly { readonly type: bigint; readonly value: Uint8Array }[];
}

/** Decides whether a peer may do something. */
export type Authorizer = (
  request: AuthorizationRequest,
) => Outcome<void, Refusal> | Promise<Outcome<void, Refusal>>;

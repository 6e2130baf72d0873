import type { Forward, LateJoin } from "../vocabulary/mod.ts";

/** Limits of one subscription's backlog. */
export interface DeliveryLimits {
  /** Bytes that may wait for the subscriber before new groups are skipped. */
  readonly maxBacklogBytes: number;
  /** Open streams before new subgroups are skipped. */
  readonly maxOpenSubgroups: number;
  /** Milliseconds without progress after which the subscription is ended. */
  readonly stallTimeoutMs: number;
}

/** Limits of one session; beyond them a request is refused or delayed. */
export interface SessionLimits {
  /** Open requests of all kinds. */
  readonly maxRequests: number;
  readonly maxSubscriptions: number;
  /** Tracks that the peer publishes to the relay, offered or requested. */
  readonly maxPublishedTracks: number;
  /** Namespaces that the peer announces. */
  readonly maxNamespaces: number;
  /** Prefixes of namespaces and tracks that the peer subscribes to. */
  readonly maxNamespaceSubscriptions: number;
  readonly maxFetches: number;
  /** Bytes of one object's payload. */
  readonly maxObjectBytes: number;
  /** Control messages per second, on average and in a burst. */
  readonly controlMessageRate: number;
  readonly controlMessageBurst: number;
}

/** Settings of sessions. Times are in milliseconds. */
export interface SessionSettings {
  /** The value of MOQT_IMPLEMENTATION; undefined sends none. */
  readonly implementation: string | undefined;
  readonly lateJoin: LateJoin;
  readonly forward: Forward;
  /** What a subscription here costs relays of other programs. */
  readonly cost: number;
  /** Whether to subscribe to each peer's namespaces. */
  readonly solicit: boolean;
  /** The maximum wait for a publisher, whatever the subscriber requests. */
  readonly rendezvousMaxMs: number;
  /** The time limit for a peer's answer to a request. */
  readonly requestTimeoutMs: number;
  /** The time limit for SETUP, and for the first message of a stream. */
  readonly setupTimeoutMs: number;
  /** Unidirectional streams that the transport allows a peer to have open. */
  readonly maxIncomingStreams: number;
  readonly limits: SessionLimits;
  readonly delivery: DeliveryLimits;
}

import type { LinkView } from "../views.ts";

/** Counts of what the relay has at this moment. */
export interface RelaySnapshot {
  readonly sessions: number;
  /** Subscriptions of subscribers that are accepted and not ended. */
  readonly subscriptions: number;
  /** Tracks that are published or in the cache. */
  readonly tracks: number;
  /** Announced namespaces. */
  readonly namespaces: number;
  /** Groups that are being received. */
  readonly openGroups: number;
  readonly parkedStreams: number;
  /** Encoders that publish, beside the sessions. */
  readonly encoders: number;
  /** Streams that clients have open to the relay. */
  readonly clientStreams: number;
  readonly cache: { readonly bytes: number; readonly groups: number };
}

/** One track, for display. Names are readable text; they come from publishers. */
export interface TrackView {
  /** The scope of the track: the path that its publishers and subscribers connect to. */
  readonly path: string;
  readonly namespace: string;
  readonly name: string;
  /** Who delivers the track: `session 12`, or `mesh` for another relay. */
  readonly publishers: readonly string[];
  /** The path of the track, the next relay first; empty when its publisher is here. */
  readonly relays: readonly string[];
  readonly subscriptions: number;
  /** The largest known location of the track. */
  readonly largest: { readonly group: bigint; readonly object: bigint } | undefined;
  /** Milliseconds since the track came into use. */
  readonly ageMs: number;
  readonly cachedGroups: number;
  readonly cachedBytes: number;
  /** Payload bytes since the track began. */
  readonly bytesReceived: number;
  /** Bytes since the track began, with headers. */
  readonly bytesSent: number;
}

/** One session, for display. */
export interface SessionView {
  readonly id: number;
  /** Address and port. */
  readonly peer: string;
  readonly transport: string;
  /** The dialect, as its token: `moqt-18`. */
  readonly protocol: string;
  /** The name of the peer among relays, if it is one. */
  readonly relay: string | undefined;
  /** MOQT_IMPLEMENTATION of the peer's SETUP. */
  readonly implementation: string | undefined;
  /** The scope: the path that the peer connected to, without its query; undefined before SETUP. */
  readonly path: string | undefined;
  readonly ageMs: number;
  readonly subscriptions: number;
  readonly namespaces: number;
  /** Tracks that the session delivers or was asked for. */
  readonly tracks: number;
  readonly parkedStreams: number;
}

/** One announced namespace, of this relay or another one. */
export interface NamespaceView {
  readonly path: string;
  readonly namespace: string;
  readonly publishers: readonly string[];
}

/** The certificate that new connections are shown. */
export interface CertificateView {
  /** SHA-256 of the leaf, 64 hex characters. */
  readonly hash: string;
  /** When the certificate expires, in milliseconds since 1970. */
  readonly notAfter: number;
  /** Whether the relay generated the certificate, and will renew it. */
  readonly isGenerated: boolean;
}

/** `starting`, then `serving`, then `draining` or `failed`. */
export type RelayState = "starting" | "serving" | "draining" | "failed";

/** This relay's view of the mesh. */
export interface MeshView {
  readonly name: string;
  /** The state of the connection to the controller; undefined for a relay without one. */
  readonly control: {
    readonly url: string;
    readonly revision: number;
    /** Milliseconds since the last message of the controller; undefined before the first one. */
    readonly ageMs: number | undefined;
    readonly isStale: boolean;
    readonly heartbeatAgeMs: number | undefined;
    readonly problem: string | undefined;
    readonly failures: number;
    /** What is followed of the announces; undefined where the mirror always has all. */
    readonly interests?: {
      readonly count: number;
      /** First requests, by what became of them. */
      readonly counts: Readonly<Record<string, number>>;
    } | undefined;
  } | undefined;
  readonly links: readonly LinkView[];
  /**
   * Unreachable relays: they have announces and no route leads to them, so these are not offered
   * here.
   */
  readonly unreachable: readonly string[];
  /** Remote tracks that are wanted here, whether objects come or not. */
  readonly remoteTracks: number;
}

/** Resource usage of the process so far. */
export interface Usage {
  /** User and system. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
}

/** The process at this moment. */
export interface ProcessView extends Usage {
  /** The longest recent delay of the event loop. */
  readonly eventLoopLagMs: number;
}

/** What the relay has at this moment, counted. */
export interface RelaySnapshot {
  readonly sessions: number;
  /** Subscriptions of subscribers that are accepted and not ended. */
  readonly subscriptions: number;
  /** Tracks that somebody publishes, or that are in the cache. */
  readonly tracks: number;
  /** Namespaces that somebody announces. */
  readonly namespaces: number;
  /** Groups that are being received. */
  readonly openGroups: number;
  readonly parkedStreams: number;
  readonly cache: { readonly bytes: number; readonly groups: number };
}

/** One track, to look at. Names are text as the host shows them; they come from publishers. */
export interface TrackView {
  readonly namespace: string;
  readonly name: string;
  readonly subscriptions: number;
  readonly cachedGroups: number;
  readonly cachedBytes: number;
  /** Payload bytes since the track began. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

/** The certificate that new connections see. */
export interface CertificateView {
  /** SHA-256 of the leaf, 64 hex characters. */
  readonly hash: string;
  /** Its end, in milliseconds since 1970. */
  readonly notAfter: number;
  /** Whether the relay made it, and will make the next. */
  readonly isGenerated: boolean;
}

/** `starting`, then `serving`, then `draining` or `failed`. */
export type RelayState = "starting" | "serving" | "draining" | "failed";

/** One link to a neighbour. */
export interface LinkView {
  readonly neighbor: string;
  readonly state: "dialing" | "held" | "up" | "leaving";
  /** Undefined while it was not measured. */
  readonly rttMs: number | undefined;
  /** Milliseconds since the session with the neighbour began, or ended. */
  readonly sinceMs: number;
  /** Why there is no session, when one was tried. */
  readonly failure: string | undefined;
}

/** The way of one track that comes from another relay. */
export interface RouteView {
  readonly track: string;
  /** The relay whose publisher it is. */
  readonly source: string;
  readonly nextHop: string;
  /** Relays that the track comes by, the next hop first and the source last. */
  readonly path: readonly string[];
}

/** This relay among others. */
export interface MeshView {
  readonly name: string;
  /** How it is with the controller; undefined for a relay without one. */
  readonly control: {
    readonly url: string;
    readonly revision: number;
    /** Milliseconds since the controller said something; undefined when it never has. */
    readonly ageMs: number | undefined;
    readonly isStale: boolean;
    readonly heartbeatAgeMs: number | undefined;
    readonly problem: string | undefined;
    readonly failures: number;
  } | undefined;
  readonly links: readonly LinkView[];
  readonly routes: readonly RouteView[];
  /** Tracks of other relays that are wanted here, whether they flow or not. */
  readonly remoteTracks: number;
}

/** What operators may ask of a running relay. */
export interface RelayView {
  readonly state: RelayState;
  /** Milliseconds since it began to serve. */
  readonly uptimeMs: number;
  readonly address: string;
  readonly certificate: CertificateView;
  /** Why it does not take new sessions, as a word; undefined when it does. */
  readonly unready: string | undefined;
  /** Undefined for a relay that is alone. */
  readonly mesh: MeshView | undefined;
  snapshot(): RelaySnapshot;
  /** The first `max` tracks, the longest-living first. */
  tracks(max: number): Iterable<TrackView>;
}

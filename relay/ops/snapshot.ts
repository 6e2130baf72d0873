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

/** What operators may ask of a running relay. */
export interface RelayView {
  readonly state: RelayState;
  /** Milliseconds since it began to serve. */
  readonly uptimeMs: number;
  readonly address: string;
  readonly certificate: CertificateView;
  snapshot(): RelaySnapshot;
  /** The first `max` tracks, the longest-living first. */
  tracks(max: number): Iterable<TrackView>;
}

import type { Condition } from "./conditions.ts";
import type { LinkView, RouteView } from "../views.ts";

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
  /** Streams that clients have open to the relay. */
  readonly clientStreams: number;
  readonly cache: { readonly bytes: number; readonly groups: number };
}

/** One track, to look at. Names are readable text; they come from publishers. */
export interface TrackView {
  /** The path that its publishers and subscribers connect to. */
  readonly path: string;
  readonly namespace: string;
  readonly name: string;
  /** Who delivers it: `session 12`, or `mesh` for another relay. */
  readonly publishers: readonly string[];
  /** Relays that it comes by, the next one first; none when its publisher is here. */
  readonly relays: readonly string[];
  readonly subscriptions: number;
  /** The largest location that was heard of. */
  readonly largest: { readonly group: bigint; readonly object: bigint } | undefined;
  /** Milliseconds since it came into use. */
  readonly ageMs: number;
  readonly cachedGroups: number;
  readonly cachedBytes: number;
  /** Payload bytes since the track began. */
  readonly bytesReceived: number;
  /** Bytes since the track began, with headers. */
  readonly bytesSent: number;
}

/** One session, to look at. */
export interface SessionView {
  readonly id: number;
  /** Address and port. */
  readonly peer: string;
  readonly transport: string;
  /** The dialect, as its token: `moqt-18`. */
  readonly protocol: string;
  /** The name of the peer among relays, if it is one. */
  readonly relay: string | undefined;
  /** What the peer says that it is. */
  readonly implementation: string | undefined;
  /** The path that it connected to, without its query; undefined before SETUP. */
  readonly path: string | undefined;
  readonly ageMs: number;
  readonly subscriptions: number;
  readonly namespaces: number;
  /** Tracks that it delivers, or was asked for. */
  readonly tracks: number;
  readonly parkedStreams: number;
}

/** One namespace that somebody announces, here or at another relay. */
export interface NamespaceView {
  readonly path: string;
  readonly namespace: string;
  readonly publishers: readonly string[];
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
  /** Relays that have something and to which no way leads: it is not offered here. */
  readonly unreachable: readonly string[];
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
  /** What is not as it should be although it may take new sessions. */
  readonly conditions: readonly Condition[];
  /** Undefined for a relay that is alone. */
  readonly mesh: MeshView | undefined;
  /** An upper estimate of the bytes that peers have sent and the relay has not read. */
  readonly unreadBytes: number;
  snapshot(): RelaySnapshot;
  /** The longest-living first, like every list here. */
  tracks(): Iterable<TrackView>;
  sessions(): Iterable<SessionView>;
  namespaces(): Iterable<NamespaceView>;
}

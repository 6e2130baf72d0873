/*
 * The messages of moq-lite as all versions mean them. What a version does not have on its wire is
 * undefined, or the value that means nothing.
 */

/** What an endpoint says of itself when the session begins (SETUP, from 05 on). */
export interface LiteSetup {
  /** How its publisher answers PROBE: 0 not at all, 1 it reports, 2 it also sends more on demand. */
  readonly probe: number;
  /** The path and query that a client asks for where its transport has none; undefined for none. */
  readonly path?: string | undefined;
  /** The only direction that a client will use; undefined for both. */
  readonly role?: LiteRole | undefined;
  /** What its links cost those who subscribe over them; undefined: the default of 1. */
  readonly cost?: bigint | undefined;
  /** Its hop id; undefined when it names none. */
  readonly hop?: bigint | undefined;
}

/** What a client is. */
export type LiteRole = "publisher" | "subscriber";

/** The relays that an announcement has passed, the origin first; 0 is one that is not named. */
export type Hops = readonly bigint[];

/** What a subscription by a route costs; the versions before 06 count hops alone. */
export interface RouteCost {
  readonly warm: bigint;
  readonly cold: bigint;
}

/** Asks for the announcements below a prefix. */
export interface LiteAnnounceRequest {
  readonly prefix: string;
  /** Routes with this hop are not wanted; 0 for none (04, 05). */
  readonly excludeHop: bigint;
}

/** Where a subscription starts. */
export type LiteStart =
  /** The newest group. */
  | { readonly kind: "latest" }
  /** This group. */
  | { readonly kind: "group"; readonly group: bigint }
  /** The oldest group that is not expired, but none before this one (06). */
  | { readonly kind: "floor"; readonly group: bigint };

/** What a subscriber may change. */
export interface LiteSubscribeUpdate {
  /** 0 to 255; higher is sent first. */
  readonly priority: number;
  /** Whether older groups are sent before newer ones; 06 always sends the newest first. */
  readonly oldestFirst: boolean;
  /** Milliseconds after which a group that is not the newest is not wanted any more. */
  readonly maxAge: bigint;
  readonly start: LiteStart;
  /** The last group; undefined for no end. */
  readonly endGroup: bigint | undefined;
  /** The first frame of the first group (06). */
  readonly startFrame: bigint;
  /** The last frame of the last group; undefined for all (06). */
  readonly endFrame: bigint | undefined;
}

/** Asks for a track. */
export interface LiteSubscribe extends LiteSubscribeUpdate {
  readonly id: bigint;
  readonly broadcast: string;
  readonly track: string;
}

/** What a publisher says of a track. */
export interface LiteTrackInfo {
  /** 0 to 255; higher is sent first. */
  readonly priority: number;
  readonly oldestFirst: boolean;
  /** Milliseconds for which a group that is not the newest is kept. */
  readonly maxAge: bigint;
  /** Units a second of the frames' timestamps; 0 in versions whose frames have none. */
  readonly timescale: bigint;
}

/** What a publisher answers on a subscription's stream. */
export type LiteSubscribeReply =
  | {
    readonly kind: "ok";
    /** The first group that is delivered; undefined while that is not known (03, 04). */
    readonly group: bigint | undefined;
    /** The last group; undefined for no end (03, 04). */
    readonly endGroup?: bigint | undefined;
    /** What later versions say in TRACK_INFO (03, 04). */
    readonly info?: LiteTrackInfo | undefined;
  }
  /** No group at or behind this one comes (05, 06; before, the end of the stream says it). */
  | { readonly kind: "end"; readonly group: bigint }
  /** These groups, both included, do not come. */
  | {
    readonly kind: "drop";
    readonly first: bigint;
    readonly last: bigint;
    readonly code: bigint;
  };

/** A track by its name. */
export interface LiteTrack {
  readonly broadcast: string;
  readonly track: string;
}

/** Asks for one group. */
export interface LiteFetch extends LiteTrack {
  readonly priority: number;
  readonly group: bigint;
  /** The first frame (06). */
  readonly startFrame: bigint;
  /** The last frame; undefined for all (06). */
  readonly endFrame: bigint | undefined;
}

/** A bitrate that is wanted, or is estimated. */
export interface LiteProbe {
  /** Bits a second; 0 when unknown. */
  readonly bitrate: bigint;
  /** Milliseconds; 0 when unknown (04 and later). */
  readonly rtt: bigint;
}

/** Asks the peer to leave. */
export interface LiteGoaway {
  /** Where to; empty: nowhere in particular. */
  readonly uri: string;
}

/** The header of a group's stream. */
export interface LiteGroup {
  readonly subscription: bigint;
  readonly group: bigint;
  /** The index of the first frame on the stream (06). */
  readonly startFrame: bigint;
}

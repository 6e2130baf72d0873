/** Types that more than one part of the relay shows or counts. */

/** Traffic in one direction. */
export interface Traffic {
  objects: number;
  /** Of objects, with their headers and properties. */
  bytes: number;
  /** Groups started. */
  groups: number;
  /** Subgroup streams started. */
  subgroups: number;
  datagrams: number;
}

/** `dialing` while there is no session, `held` while it is not trusted yet, `leaving` when the neighbor goes. */
export type LinkState = "dialing" | "held" | "up" | "leaving";

/** A link to a neighbor as operators see it. */
export interface LinkView {
  readonly neighbor: string;
  readonly state: LinkState;
  /** Undefined before the first measurement. */
  readonly rttMs: number | undefined;
  /** Milliseconds since the session with the neighbor started or ended. */
  readonly sinceMs: number;
  /** Why the last attempt at a session failed. */
  readonly failure: string | undefined;
}

/** The route of one remote track as operators see it. */
export interface RouteView {
  /** Its canonical text. */
  readonly track: string;
  /** The relay of the track's publisher. */
  readonly source: string;
  readonly nextHop: string;
  /** The hops of the track, from the next hop to the source. */
  readonly path: readonly string[];
}

/** An encoder as operators see it. */
export interface EncoderView {
  readonly id: number;
  /** Address and port. */
  readonly peer: string;
  /** `rtmp` or `http`. */
  readonly protocol: string;
  /** The path of its scope. */
  readonly path: string;
  /** The namespace that it publishes, as text. */
  readonly namespace: string;
  /** Of its tracks of media, as their catalog names them. */
  readonly codecs: readonly string[];
  /** Of the frames of the last seconds. */
  readonly bitsPerSecond: number;
  /** Payload bytes since it was let in. */
  readonly bytesReceived: number;
  readonly ageMs: number;
}

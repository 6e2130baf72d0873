/** What more than one part of the relay shows of itself, or counts. */

/** What goes through the relay, one way. */
export interface Flow {
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

/** One link to a neighbor, to look at. */
export interface LinkView {
  readonly neighbor: string;
  readonly state: LinkState;
  /** Undefined while it was not measured. */
  readonly rttMs: number | undefined;
  /** Milliseconds since the session with the neighbor began, or ended. */
  readonly sinceMs: number;
  /** Why there is no session, when one was tried. */
  readonly failure: string | undefined;
}

/** The route of one track that comes from another relay, to look at. */
export interface RouteView {
  /** Its canonical text. */
  readonly track: string;
  /** The relay whose publisher it is. */
  readonly source: string;
  readonly nextHop: string;
  /** Relays that the track comes by, the next hop first and the source last. */
  readonly path: readonly string[];
}

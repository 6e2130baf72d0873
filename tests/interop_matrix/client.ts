import type { Connection } from "../../relay/transport/mod.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";

/** Over what a client comes. */
export const MATRIX_TRANSPORTS = ["quic", "webtransport", "websocket"] as const;
/** One of {@linkcode MATRIX_TRANSPORTS}. */
export type MatrixTransport = typeof MATRIX_TRANSPORTS[number];

/** What a client can say and hear in a dialect. */
export interface Abilities {
  /**
   * Several subgroups in one group, and ids of objects with gaps; or, as a viewer, all of them as one
   * group in the order of ids.
   */
  readonly subgroups: "apart" | "joined" | "none";
  /** Objects of the past. */
  readonly fetch: boolean;
  /** That a track has ended. */
  readonly trackEnd: boolean;
}

/** A client that plays a publisher or a viewer of the matrix. */
export interface MatrixClient {
  readonly name: string;
  /** What it can do in this dialect; undefined when it does not speak it. */
  abilities(protocol: string): Abilities | undefined;
  connect(
    server: QuicServerAddress,
    protocol: string,
    transport: MatrixTransport,
  ): Promise<MatrixPeer>;
}

/** A client that tests script, over whatever connection they have. */
export interface ScriptedClient extends MatrixClient {
  over(connection: Connection, protocol: string): Promise<MatrixPeer>;
}

/** Which track a peer publishes or watches. */
export interface MatrixTrack {
  /** The namespace, written with slashes. */
  readonly path: string;
  readonly name: string;
}

/** A client in a session. */
export interface MatrixPeer {
  publish(track: MatrixTrack): Promise<MatrixPublication>;
  subscribe(track: MatrixTrack): Promise<MatrixSubscription>;
  /** All objects of these groups, both included; where the client has it. */
  fetch?(track: MatrixTrack, first: number, last: number): Promise<MatrixObject[]>;
  /** Leaves from one moment to the next. */
  close(): Promise<void>;
}

/** A track that is published. */
export interface MatrixPublication {
  /** Resolves when somebody is subscribed. */
  subscribed(): Promise<void>;
  /** Starts the next group. */
  startGroup(): Promise<MatrixGroup>;
  end(): Promise<void>;
}

/** A group that is being published. */
export interface MatrixGroup {
  readonly id: number;
  /** Sends the next object, or one with this place in the group, where the client can say that. */
  write(payload: Uint8Array, place?: Place): Promise<void>;
  end(): Promise<void>;
}

/** Where in a group an object stands. */
export interface Place {
  readonly subgroup: number;
  readonly object: number;
}

/** A track that is watched. */
export interface MatrixSubscription {
  /** What comes next; undefined after the end. */
  next(): Promise<MatrixEvent | undefined>;
  /** Resolves when it was told that the track has ended. */
  ended(): Promise<void>;
  stop(): Promise<void>;
}

/** What a viewer is told. */
export type MatrixEvent =
  | MatrixObject
  /** A stream of a group is complete. */
  | { readonly kind: "group_end"; readonly group: number };

/** An object as it came. */
export interface MatrixObject {
  readonly kind: "object";
  readonly group: number;
  /** Undefined where the dialect or the client does not say it. */
  readonly subgroup?: number;
  readonly object: number;
  readonly payload: Uint8Array;
}

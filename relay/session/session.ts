import type { Publisher } from "../track/mod.ts";
import type { CloseInfo, Connection } from "../transport/types.ts";
import type { SessionEnd } from "../vocabulary.ts";

/** A protocol spoken over one connection, whatever its dialect. */
export interface Session {
  /** A number for the log. */
  readonly id: number;
  /** The ALPN token or WebTransport protocol of what is spoken. */
  readonly protocol: string;
  readonly connection: Pick<Connection, "transport" | "remoteAddress">;
  /** Resolves when the handshake is complete, or to undefined when it never will be. */
  readonly established: Promise<EstablishedSession | undefined>;
  /** Who the peer is; undefined before the handshake is complete. */
  readonly peer: PeerView | undefined;
  /** Whether the peer said that it is going away. */
  readonly isPeerLeaving: boolean;
  readonly counts: SessionCounts;
  /** Speaks with the peer until the connection has ended. Never rejects. */
  run(): Promise<SessionResult>;
  /**
   * Asks the peer to go elsewhere, to `uri` if that is known and the peer is a client, and closes the
   * session when it has gone, or after `timeoutMs`.
   */
  drain(timeoutMs: number, uri?: string): void;
  /** Ends the session at once, without an error. */
  close(reason: string): void;
}

/** What a session can do once its handshake is complete. */
export interface EstablishedSession {
  readonly peer: PeerView;
  /** The peer as a publisher of the tracks of a scope, on behalf of those who asked us. */
  publisher(scope: string): Publisher;
  /** Whether the peer answered a question that every relay can answer. Never rejects. */
  ping(): Promise<boolean>;
}

/** What a peer said of itself. */
export interface PeerView {
  /** Its name among our relays; undefined when it is none of them. */
  readonly relay: string | undefined;
  /** Whether it is a relay that is none of ours. */
  readonly isOtherRelay: boolean;
  readonly implementation: string | undefined;
  /** The path of the scope that it sees. */
  readonly path: string;
}

/** How much there is of what a session holds now. */
export interface SessionCounts {
  /** Subscriptions that the peer is served. */
  readonly subscriptions: number;
  /** Of these, tracks of other relays that another relay takes from here. */
  readonly transit: number;
  /** Namespaces that the peer publishes. */
  readonly namespaces: number;
  /** Tracks that the peer delivers, or was asked for. */
  readonly tracks: number;
  /** Streams of objects that are left open since they cannot be reset. */
  readonly parkedStreams: number;
}

/** How a session ended. */
export interface SessionResult {
  readonly info: CloseInfo;
  readonly end: SessionEnd;
}

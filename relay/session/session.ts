import type { Publisher } from "../track/mod.ts";
import type { CloseInfo, Connection } from "../transport/types.ts";
import type { SessionEnd } from "../vocabulary/mod.ts";

/** A session over one connection, of any protocol version. */
export interface Session {
  /** Identifies the session in logs. */
  readonly id: number;
  /** The negotiated protocol. */
  readonly protocol: string;
  readonly connection: Pick<Connection, "transport" | "remoteAddress">;
  /** Resolves when the handshake is complete; undefined when it failed. */
  readonly established: Promise<EstablishedSession | undefined>;
  /** The peer; undefined before the handshake is complete. */
  readonly peer: PeerView | undefined;
  /** Whether the peer sent GOAWAY. */
  readonly isPeerLeaving: boolean;
  readonly counts: SessionCounts;
  /** Runs the session until the connection has ended. Never rejects. */
  run(): Promise<SessionResult>;
  /**
   * Asks the peer to leave (GOAWAY), with `uri` if the peer is a client; closes the session when it
   * is idle, or after `timeoutMs`.
   */
  drain(timeoutMs: number, uri?: string): void;
  /** Asks a client to go to `uri` (GOAWAY), and serves it as before for as long as it stays. */
  redirect(uri: string): void;
  /** Closes the session without an error. */
  close(reason: string): void;
}

/** The interface of a session after its handshake. */
export interface EstablishedSession {
  readonly peer: PeerView;
  /** The peer as a publisher of the tracks of a scope. */
  publisher(scope: string): Publisher;
  /** Pings the peer; absent where the protocol has nothing for it. Never rejects. */
  ping?(): Promise<boolean>;
}

/** What a peer's SETUP says about it. */
export interface PeerView {
  /** Its name in the mesh; undefined for a peer that is no relay of the mesh. */
  readonly relay: string | undefined;
  /** Whether it is a relay outside the mesh. */
  readonly isOtherRelay: boolean;
  readonly implementation: string | undefined;
  /** The path of its scope. */
  readonly path: string;
  /** Whether it came by a URL that a controller's `/assign` gave it. */
  readonly isAssigned: boolean;
}

/** The sizes of a session's state. */
export interface SessionCounts {
  /** Subscriptions of the peer. */
  readonly subscriptions: number;
  /** Of these, tracks of other relays that another relay receives through this one. */
  readonly transit: number;
  /** Namespaces that the peer publishes. */
  readonly namespaces: number;
  /** Tracks that the peer delivers or was asked for. */
  readonly tracks: number;
  /** Data streams that are left open because they cannot be reset. */
  readonly parkedStreams: number;
}

/** How a session ended. */
export interface SessionResult {
  readonly info: CloseInfo;
  readonly end: SessionEnd;
}

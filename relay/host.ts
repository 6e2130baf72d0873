import type { Clock, Log, Tracing } from "@qumo/shared/runtime";
import type { RelayConfig } from "./config.ts";
import type { Ingests } from "./media/ingest/ingests.ts";
import type { Overflow } from "./overflow.ts";
import type { RelayMetrics } from "./metrics.ts";
import type { RowRange, Rows } from "./ops/readings.ts";
import type { EncoderView } from "./views.ts";
import type { NamespaceView, RelaySnapshot, SessionView, TrackView } from "./ops/snapshot.ts";
import type { Gate } from "./session/rights.ts";
import type { Session } from "./session/session.ts";
import type { SessionLink } from "./session/session_options.ts";
import type { Archive, Registry, RegistryObserver } from "./track/mod.ts";
import type { RefusedConnections } from "./refused_connections.ts";
import type { Connection } from "./transport/mod.ts";

/** Serves connections: the sessions and the tracks of the relay. */
export interface SessionHost {
  /** The supported protocols, in order of preference. */
  readonly protocols: readonly string[];
  /** Serves sessions that begin from now on by this configuration. */
  configure(config: RelayConfig): void;
  /** Serves a connection until it ends. Never throws. */
  serve(connection: Connection): void;
  /** The encoders that publish here; absent where none can. */
  readonly ingests?: Ingests;
  /** The number of open sessions. */
  readonly active: number;
  /** The tracks, for publishers and subscribers without a session. */
  readonly registry: Registry;
  snapshot(): RelaySnapshot;
  encoders(range: RowRange): Rows<EncoderView>;
  sessions(range: RowRange): Rows<SessionView>;
  tracks(range: RowRange): Rows<TrackView>;
  namespaces(range: RowRange): Rows<NamespaceView>;
  /** Creates a session on an outgoing link; the caller runs it. */
  startLink(connection: Connection, link: SessionLink): Session;
  /** Sessions and subscriptions of viewers and publishers: those of other relays are links. */
  readonly clients: { readonly sessions: number; readonly subscriptions: number };
  /** The number of subscriptions of other relays to remote tracks. */
  readonly transitCount: number;
  /**
   * Sends GOAWAY to every session, with `address` as redirect if given, and closes those that are
   * still open after this many milliseconds.
   */
  drain(deadlineMs: number, address: string | undefined): Promise<void>;
  /** Closes everything that is left, and waits for its end. */
  close(): Promise<void>;
}

/** The dependencies of a {@linkcode SessionHost}. */
export interface HostParts {
  readonly config: RelayConfig;
  /** Decides who may come in; absent: everybody. */
  readonly gate?: Gate;
  readonly metrics: RelayMetrics;
  /** Where groups are kept that memory lets go; undefined: nowhere. */
  readonly archive?: Archive | undefined;
  /** Sends clients away while the relay is full; absent: nobody is. */
  readonly overflow?: Pick<Overflow, "meet">;
  /** Takes in encoders; absent: no port does. */
  readonly openIngests?:
    | ((parts: HostParts, registry: Registry, nextId: () => number) => Ingests)
    | undefined;
  /** Counts connections without a supported protocol. */
  readonly refused: Pick<RefusedConnections, "add">;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
  /** The mesh: it has the relay's name, and is notified of what is published here. */
  readonly mesh: RegistryObserver & { readonly name: string; readonly hop: bigint };
}

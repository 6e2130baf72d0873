import type { Clock, Log, Tracing } from "@qumo/shared/runtime";
import type { RelayConfig } from "./config.ts";
import type { RelayMetrics } from "./ops/metrics.ts";
import type { NamespaceView, RelaySnapshot, SessionView, TrackView } from "./ops/snapshot.ts";
import type { Session } from "./session/session.ts";
import type { SessionLink } from "./session/session_options.ts";
import type { RegistryObserver } from "./track/mod.ts";
import type { RefusedConnections } from "./refused_connections.ts";
import type { Connection } from "./transport/mod.ts";

/** What serves the connections: sessions, tracks and all that is between them. */
export interface SessionHost {
  /** The protocols it speaks, what it likes best first. */
  readonly protocols: readonly string[];
  /** Takes over a connection until it ends. Never throws. */
  serve(connection: Connection): void;
  /** Open sessions. */
  readonly active: number;
  snapshot(): RelaySnapshot;
  tracks(): Iterable<TrackView>;
  sessions(): Iterable<SessionView>;
  namespaces(): Iterable<NamespaceView>;
  /** Makes a session with a neighbor that was called; whoever asks lets it run. */
  startLink(connection: Connection, link: SessionLink): Session;
  /** Tracks of other relays that others take from here. */
  readonly transitCount: number;
  /**
   * Asks every session to leave, for `address` if there is one; closes those that are still here
   * after this many milliseconds.
   */
  drain(deadlineMs: number, address: string | undefined): Promise<void>;
  /** Ends everything that is left, and waits for it. */
  close(): Promise<void>;
}

/** What a {@linkcode SessionHost} is made of. */
export interface HostParts {
  readonly config: RelayConfig;
  readonly metrics: RelayMetrics;
  /** Told of connections that nothing can be spoken with. */
  readonly refused: Pick<RefusedConnections, "add">;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
  /** The other relays: they know this one by a name, and are told what it publishes. */
  readonly mesh: RegistryObserver & { readonly name: string };
}

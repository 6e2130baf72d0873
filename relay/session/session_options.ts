import type { Clock, Log, Tracing } from "@qumo/shared/runtime";
import type { Namespace } from "@qumo/shared/wire";
import type { NamespaceVisibility, Refusal, Registry, RouteTold } from "../track/mod.ts";
import type { Connection } from "../transport/types.ts";
import type { StreamSource } from "./first_streams.ts";
import type { SessionMetrics } from "./metrics.ts";
import type { Gate, LinkToken } from "./rights.ts";
import type { SessionSettings } from "./settings.ts";
import type { StreamBudget } from "./stream_budget.ts";

/** The relay's role in the session: the client opened the connection. */
export type Role = "client" | "server";

/** The dependencies of a session of any version. */
export interface SessionOptions {
  /** Identifies the session in logs. */
  readonly id: number;
  readonly role: Role;
  readonly connection: Connection;
  /** The peer's streams if some were inspected before; absent: the connection's. */
  readonly streams?: StreamSource;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
  readonly metrics: SessionMetrics;
  readonly settings: SessionSettings;
  /** The stream budget of all clients. */
  readonly streamBudget: StreamBudget;
  readonly registry: Registry;
  /** The key of a peer's scope, by the path and authority of its connection. */
  readonly scopeOf: (path: string, authority: string) => string;
  /** Decides whether the peer may come in, and what it may do. */
  readonly gate: Gate;
  /** The relay's name in the mesh; undefined when the peer must not learn it. */
  readonly relayName?: string;
  /**
   * The relay's id among relays outside the mesh, by which it notices its own announcements; 0 for who
   * is no relay.
   */
  readonly hop: bigint;
  /** Options of an outgoing link to another relay. */
  readonly link?: SessionLink;
}

/** Options of an outgoing link to another relay. */
export interface SessionLink {
  /** The path of the URL that was dialed. */
  readonly path: string;
  readonly authority: string;
  /** The scope of the relay's announcements and requests that name none. */
  readonly scope: string;
  /** Absent: the relay takes who comes without. */
  readonly token?: LinkToken;
  /** What is announced to the relay; `none` when the controller announces it. */
  readonly shows: NamespaceVisibility | "none";
  /**
   * Publishes a namespace of the peer, with what it tells of the route; the returned function
   * withdraws it. Absent: the peer is not asked for namespaces.
   */
  readonly advertise?: (namespace: Namespace, told?: RouteTold) => () => void;
  /** Whether the peer is asked for namespaces; absent: where {@linkcode SessionLink.advertise} is there. */
  readonly solicits?: boolean;
  /**
   * Whether what is published here is announced unasked, where the dialect has words for that: called
   * with the peer's answer to each namespace, undefined when it takes it. Absent: who asks is told.
   */
  readonly announced?: (namespace: Namespace, refusal: Refusal | undefined) => void;
  /** Called when the peer sends GOAWAY. */
  readonly onLeaving: () => void;
}

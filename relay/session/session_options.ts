import type { Clock, Log, Tracing } from "@qumo/shared/runtime";
import type { Namespace } from "@qumo/shared/wire";
import type { NamespaceView, Registry } from "../track/mod.ts";
import type { Connection } from "../transport/types.ts";
import type { StreamSource } from "./first_streams.ts";
import type { SessionMetrics } from "./metrics.ts";
import type { Authorizer, SessionSettings } from "./settings.ts";
import type { StreamBudget } from "./stream_budget.ts";

/** Which end of the session we are: the client opened the connection. */
export type Role = "client" | "server";

/** What a session is made of, in every dialect. */
export interface SessionOptions {
  /** A number for the log. */
  readonly id: number;
  readonly role: Role;
  readonly connection: Connection;
  /** Where the peer's streams come from when some were looked at before; the connection otherwise. */
  readonly streams?: StreamSource;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
  readonly metrics: SessionMetrics;
  readonly settings: SessionSettings;
  /** The streams of all clients. */
  readonly streamBudget: StreamBudget;
  readonly registry: Registry;
  /** The key of the scope that a peer is in, by the path and authority that it connected to. */
  readonly scopeOf: (path: string, authority: string) => string;
  readonly authorizer: Authorizer;
  /** Our own name among relays; undefined for a session that is not to know it. */
  readonly relayName?: string;
  /** What is different in a session that we began, with a relay that we take tracks from. */
  readonly link?: SessionLink;
}

/** A session with a relay that we take tracks from. */
export interface SessionLink {
  /** What the URL says that was called. */
  readonly path: string;
  readonly authority: string;
  /** The scope of what the relay announces and asks for, unless it names others. */
  readonly scope: string;
  /** Which namespaces and tracks the relay is told of: none where the controller tells. */
  readonly shows: NamespaceView | "none";
  /** Takes up a namespace that the peer publishes; the result withdraws it. Absent: it is not asked. */
  readonly advertise?: (namespace: Namespace) => () => void;
  /** The peer said that it is going away. */
  readonly onLeaving: () => void;
}

import type { Clock, Log, TaskGroup } from "@qumo/shared/runtime";
import type { Draft, SetupOptions } from "@qumo/shared/wire";
import type { NamespaceVisibility, Registry, Scope } from "../../../track/mod.ts";
import type { Connection } from "../../../transport/types.ts";
import type { EventLog } from "../../event_log.ts";
import type { SessionMetrics } from "../../metrics.ts";
import type { SessionSettings } from "../../settings.ts";
import type { Cluster } from "./cluster.ts";
import type { PeerAccess } from "./access.ts";
import type { SessionCloser } from "../../connection/session_closer.ts";
import type { SessionShutdown } from "../../connection/session_shutdown.ts";
import type { SessionScopes } from "./session_scopes.ts";

/*
 * What the parts of a session may need of it, a few members each, which are the collaborators that own
 * what is needed. A part names those that it uses, and sees no others.
 */

/** Counters and logs. */
export interface Reporting {
  readonly metrics: SessionMetrics;
  readonly log: Log;
  /** The rate-limited log of the peer's requests. */
  readonly events: EventLog;
}

/** Time, and tasks that end with the session. */
export interface Timing {
  readonly clock: Clock;
  readonly tasks: TaskGroup;
}

/** Sending bytes to the peer. */
export interface Wire {
  readonly connection: Connection;
  readonly draft: Draft;
}

/** The two ends of the session. */
export interface Parties {
  /** The options of the peer's SETUP. */
  readonly peer: SetupOptions;
  /** The relay's name in the mesh; undefined when the peer is not told. */
  readonly relayName: string | undefined;
  /** What relays of several programs tell each other of routes, where both sides do. */
  readonly cluster: Cluster | undefined;
}

/** The settings of the session. */
export interface Configured {
  readonly settings: SessionSettings;
}

/** The names that the peer sees. */
export interface PeerNames {
  readonly scope: Scope;
}

/** The names that a request is about: another relay's may be about those of another scope. */
export interface RequestNames extends PeerNames {
  readonly scopes: Pick<SessionScopes, "of">;
}

/** Where else a name is, for a peer that perhaps connected to the wrong path. */
export interface Hints extends PeerNames {
  readonly registry: Pick<Registry, "pathsThatHave" | "pathsThatAwait">;
}

/** What the peer is told without asking. */
export interface Visibility {
  /**
   * The namespaces and tracks that are announced; `none` for a relay that learns them from the
   * controller.
   */
  readonly shows: NamespaceVisibility | "none";
}

/** What the peer may do. */
export interface Permission {
  readonly access: Pick<PeerAccess, "authorize" | "renew">;
}

/** The lifetime of the session. */
export interface Lifetime {
  readonly shutdown: Pick<SessionShutdown, "isLeaving" | "isDraining" | "begin">;
}

/** What ends the session for what the peer did wrong. */
export interface Judging {
  readonly closer: Pick<SessionCloser, "fail">;
}

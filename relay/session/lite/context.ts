import type { Clock, Log, Outcome, TaskGroup, Tracing } from "@qumo/shared/runtime";
import type { FullTrackName, LiteVersion, Namespace } from "@qumo/shared/wire";
import type { AuthorizationRequest, Permit } from "../rights.ts";
import type { Refusal, Registry, Scope } from "../../track/mod.ts";
import type { Connection } from "../../transport/types.ts";
import type { SessionCloser } from "../connection/session_closer.ts";
import type { SessionShutdown } from "../connection/session_shutdown.ts";
import type { EventLog } from "../event_log.ts";
import type { SessionMetrics } from "../metrics.ts";
import type { Role, SessionLink } from "../session_options.ts";
import type { SessionSettings } from "../settings.ts";
import type { LiteStreams } from "./lite_streams.ts";

/** What the parts of a session may need of it; a part names those that it uses. */
export interface LiteContext {
  readonly id: number;
  readonly role: Role;
  readonly connection: Connection;
  readonly version: LiteVersion;
  readonly clock: Clock;
  readonly tasks: TaskGroup;
  readonly log: Log;
  readonly tracing: Tracing;
  /** The rate-limited log of the peer's requests. */
  readonly events: EventLog;
  readonly metrics: SessionMetrics;
  readonly settings: SessionSettings;
  /** The scope that the peer sees. */
  readonly scope: Scope;
  readonly registry: Registry;
  /** The transactions of both sides. */
  readonly streams: LiteStreams;
  readonly shutdown: Pick<SessionShutdown, "isLeaving" | "isDraining" | "begin">;
  readonly closer: Pick<SessionCloser, "fail">;
  readonly hops: Hops;
  /** Whether what the peer tells of its routes counts: a client may say anything. */
  readonly believesRoutes: boolean;
  /** The outgoing link that this is; undefined in the session of a client. */
  readonly link?: SessionLink;
  /** Whether the peer may do this. */
  authorize(action: AuthorizationRequest["action"], name: RequestedName): Promise<Allowed>;
}

/** What a request is about. */
export interface RequestedName {
  readonly namespace: Namespace;
  readonly track?: FullTrackName;
}

/** Whether something is allowed, and for how long. */
export type Allowed = Outcome<Permit, Refusal>;

/** The ids by which relays notice their own announcements. */
export interface Hops {
  /** This relay's. */
  readonly own: bigint;
  /** The peer's, where its SETUP has one; otherwise 0. */
  readonly peer: bigint;
  /** What a subscription at the peer costs beside the rest of a route (06). */
  readonly cost: bigint;
}

import type { Clock, Log, Outcome, TaskGroup } from "@qumo/shared/runtime";
import type {
  ControlMessageOf,
  Draft,
  FullTrackName,
  Namespace,
  SetupOptions,
  Token,
} from "@qumo/shared/wire";
import type { NamespaceView, Refusal, Scope } from "../../../track/mod.ts";
import type { Connection } from "../../../transport/types.ts";
import type { EventLog } from "../../event_log.ts";
import type { SessionMetrics } from "../../metrics.ts";
import type { AuthorizationRequest, SessionSettings } from "../../settings.ts";

/*
 * What the parts of a session may need of it, a few members each. A part names those that it uses, and
 * the established session has them all.
 */

/** Where a part says what happens. */
export interface Reporting {
  readonly metrics: SessionMetrics;
  readonly log: Log;
  /** What the peer does, for the log at info. */
  readonly events: EventLog;
}

/** Time, and the tasks that end with the session. */
export interface Timing {
  readonly clock: Clock;
  readonly tasks: TaskGroup;
}

/** How bytes get to the peer. */
export interface Wire {
  readonly connection: Connection;
  readonly draft: Draft;
}

/** Who speaks with whom. */
export interface Parties {
  /** What the peer's SETUP said. */
  readonly peer: SetupOptions;
  /** Our own name among relays. */
  readonly relayName: string | undefined;
}

/** How the peer is dealt with. */
export interface Configured {
  readonly settings: SessionSettings;
}

/** A request for a track, which another relay may make on behalf of a scope. */
export type RequestMessage = ControlMessageOf<"subscribe" | "trackStatus" | "fetch">;

/** The names that the peer sees. */
export interface PeerNames {
  readonly scope: Scope;
  /** The names that a request is about: another relay's may be about those of another scope. */
  scopeOf(message: RequestMessage): Outcome<Scope, Refusal>;
}

/** What the peer is told of unasked. */
export interface Visibility {
  /** Which namespaces and tracks; none for a relay that the controller tells. */
  readonly shows: NamespaceView | "none";
}

/** Where else a name is, for a peer that perhaps connected to the wrong path. */
export interface Hints {
  /** Paths other than the peer's at which somebody publishes a namespace, or has one under it. */
  pathsThatHave(namespace: Namespace): readonly string[];
  /** Paths other than the peer's at which somebody waits for a namespace in vain. */
  pathsThatAwait(namespace: Namespace): readonly string[];
}

/** What the peer may do. */
export interface Permission {
  authorize(
    action: AuthorizationRequest["action"],
    name: { readonly namespace: Namespace; readonly track?: FullTrackName },
    tokens: readonly Token[] | undefined,
  ): Promise<Outcome<void, Refusal>>;
}

/** How long the session lasts. */
export interface Lifetime {
  /** Whether either side said that it is going away: the peer is asked for nothing new. */
  readonly isLeaving: boolean;
  /** Something began that the session is kept for; the result says that it ended. */
  begin(): () => void;
  /** Ends the session: the peer broke the protocol, or we cannot go on. */
  fail(error: unknown): void;
}

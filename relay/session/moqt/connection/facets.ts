import type { Clock, Log, Outcome, TaskGroup } from "@qumo/shared/runtime";
import type {
  ControlMessageOf,
  Draft,
  FullTrackName,
  Namespace,
  SetupOptions,
  Token,
} from "@qumo/shared/wire";
import type { NamespaceVisibility, Refusal, Scope } from "../../../track/mod.ts";
import type { Connection } from "../../../transport/types.ts";
import type { EventLog } from "../../event_log.ts";
import type { SessionMetrics } from "../../metrics.ts";
import type { AuthorizationRequest, SessionSettings } from "../../settings.ts";

/**
 * Narrow interfaces of an established session. Each part names those that it uses; the session
 * implements all of them.
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
}

/** The settings of the session. */
export interface Configured {
  readonly settings: SessionSettings;
}

/** A request for a track, which another relay may send on behalf of a scope. */
export type RequestMessage = ControlMessageOf<"subscribe" | "trackStatus" | "fetch">;

/** The names visible to the peer. */
export interface PeerNames {
  readonly scope: Scope;
  /** The scope of a request: for a relay, the one that the request names. */
  scopeOf(message: RequestMessage): Outcome<Scope, Refusal>;
}

/** What the peer is told without asking. */
export interface Visibility {
  /**
   * The namespaces and tracks that are announced; `none` for a relay that learns them from the
   * controller.
   */
  readonly shows: NamespaceVisibility | "none";
}

/** Hints for a peer that may have connected to the wrong path. */
export interface Hints {
  /** Other paths at which a namespace, or one below it, is published. */
  pathsThatHave(namespace: Namespace): readonly string[];
  /** Other paths at which a subscriber waits for a namespace. */
  pathsThatAwait(namespace: Namespace): readonly string[];
}

/** Authorization of the peer. */
export interface Permission {
  authorize(
    action: AuthorizationRequest["action"],
    name: { readonly namespace: Namespace; readonly track?: FullTrackName },
    tokens: readonly Token[] | undefined,
  ): Promise<Outcome<void, Refusal>>;
}

/** The lifetime of the session. */
export interface Lifetime {
  /** Whether either side sent GOAWAY: no new requests are sent to the peer. */
  readonly isLeaving: boolean;
  /** Keeps the session open during a shutdown until the returned function is called. */
  begin(): () => void;
  /** Closes the session for an error of the peer or of the relay. */
  fail(error: unknown): void;
}

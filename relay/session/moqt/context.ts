import type { Clock, Log, Outcome, TaskGroup, Tracing } from "@qumo/shared/runtime";
import type {
  ControlMessageOf,
  Draft,
  FullTrackName,
  Namespace,
  SetupOptions,
  Token,
} from "@qumo/shared/wire";
import type { NamespaceView, Refusal, Scope } from "../../track/mod.ts";
import type { Connection } from "../../transport/types.ts";
import type { EventLog } from "../event_log.ts";
import type { SessionMetrics } from "../metrics.ts";
import type { Role } from "../session_options.ts";
import type { AuthorizationRequest, SessionSettings } from "../settings.ts";
import type { ObjectStreams } from "./publisher/object_streams.ts";
import type { RequestIds } from "./requests/request_ids.ts";
import type { RequestChannel } from "./requests/requests.ts";
import type { StopProbes } from "./requests/stop_probe.ts";

/** A request for a track, which another relay may make on behalf of a scope. */
export type RequestMessage = ControlMessageOf<"subscribe" | "trackStatus" | "fetch">;

/** What the parts of a session share. */
export interface SessionContext {
  /** A number for the log. */
  readonly id: number;
  readonly role: Role;
  readonly connection: Connection;
  readonly draft: Draft;
  readonly clock: Clock;
  readonly tasks: TaskGroup;
  readonly metrics: SessionMetrics;
  readonly log: Log;
  /** What the peer does, for the log at info. */
  readonly events: EventLog;
  readonly tracing: Tracing;
  readonly settings: SessionSettings;
  readonly ids: RequestIds;
  /** What the peer's SETUP said. */
  readonly peer: SetupOptions;
  /** Our own name among relays. */
  readonly relayName: string | undefined;
  /** The names that the peer sees. */
  readonly scope: Scope;
  /** Which namespaces and tracks the peer is told of; none for a relay that the controller tells. */
  readonly shows: NamespaceView | "none";
  /** The names that a request is about: another relay's may be about those of another scope. */
  scopeOf(message: RequestMessage): Outcome<Scope, Refusal>;
  /** Paths other than the peer's at which somebody publishes a namespace, or has one under it. */
  pathsThatHave(namespace: Namespace): readonly string[];
  /** Paths other than the peer's at which somebody waits for a namespace in vain. */
  pathsThatAwait(namespace: Namespace): readonly string[];
  /** Whether either side said that it is going away: the peer is asked for nothing new. */
  readonly isLeaving: boolean;
  /** Whether requests are refused, since we go away. */
  readonly refusesNew: boolean;
  /** Opens the stream of a request of ours. */
  openRequest(): Promise<RequestChannel>;
  /** Notice that the peer has cancelled what it had asked for. */
  readonly stops: StopProbes;
  /** The streams that objects are sent on. */
  readonly streams: ObjectStreams;
  /** Whether the peer may do this. */
  authorize(
    action: AuthorizationRequest["action"],
    name: { readonly namespace: Namespace; readonly track?: FullTrackName },
    tokens: readonly Token[] | undefined,
  ): Promise<Outcome<void, Refusal>>;
  /** Ends the session: the peer broke the protocol, or we cannot go on. */
  fail(error: unknown): void;
  /** Something began that the session is kept for; the result says that it ended. */
  begin(): () => void;
}

import { clusterOf } from "./connection/cluster.ts";
import type { TaskGroup, Tracing } from "@qumo/shared/runtime";
import type { Draft } from "@qumo/shared/wire";
import { ObjectStreams } from "../delivery/object_streams.ts";
import { EventLog } from "../event_log.ts";
import type { StreamSource } from "../first_streams.ts";
import { MAX_PARKED_STREAMS, RELAY_LIMIT_FACTOR } from "../limits.ts";
import type { Role, SessionOptions } from "../session_options.ts";
import type { StreamBudget } from "../stream_budget.ts";
import type {
  Configured,
  Hints,
  Judging,
  Lifetime,
  Parties,
  Permission,
  Reporting,
  RequestNames,
  Timing,
  Visibility,
  Wire,
} from "./connection/facets.ts";
import type { SessionCloser } from "../connection/session_closer.ts";
import type { SessionShutdown } from "../connection/session_shutdown.ts";
import type { Family } from "./families.ts";
import type { HandshakeResult } from "./connection/handshake.ts";
import { isMoqDev } from "./connection/moq_dev.ts";
import { OddityWatch } from "./connection/oddity_watch.ts";
import type { PeerQuota } from "../connection/peer_quota.ts";
import { isRelay, leavesByFin, understandsCuts } from "./connection/relay_peer.ts";
import type { SessionScopes } from "./connection/session_scopes.ts";
import { nameFields } from "./requests/refuse.ts";
import type { RequestIds } from "./requests/request_ids.ts";
import type { Asking, Requests } from "./requests/requests.ts";
import { StopProbes } from "./requests/stop_probe.ts";

/** What an established session takes over from the connection that it grew from. */
export interface Foundation {
  /** The peer's streams but for its control stream. */
  readonly streams: StreamSource;
  readonly tasks: TaskGroup;
  readonly closer: SessionCloser;
  readonly scopes: SessionScopes;
  readonly ids: RequestIds;
  readonly shutdown: SessionShutdown;
  readonly family: Family;
}

/** What an established session is made with. */
export type Options = SessionOptions & { readonly draft: Draft };

/** Whom the parts of an established session work with. Each part names those that it uses by its type. */
export type Collaborators =
  & Reporting
  & Timing
  & Wire
  & Parties
  & Configured
  & Permission
  & RequestNames
  & Hints
  & Visibility
  & Asking
  & Lifetime
  & Judging
  & {
    readonly id: number;
    /** When the session began, in milliseconds since 1970. */
    readonly since: number;
    readonly role: Role;
    readonly tracing: Tracing;
    readonly requests: Requests;
    readonly stops: StopProbes;
    /** The streams on which we send objects. */
    readonly streams: ObjectStreams;
    /** The streams of all clients. */
    readonly streamBudget: StreamBudget;
    readonly shutdown: SessionShutdown;
    readonly closer: SessionCloser;
  };

/** Where requests come from, and what holds back a peer that makes too many. */
export interface RequestSources {
  readonly streams: StreamSource;
  readonly quota: PeerQuota;
}

/** Gathers them: what came from outside, from the handshake, and from the connection before. */
export function collaboratorsOf(
  options: Options,
  result: HandshakeResult,
  { tasks, closer, scopes, ids, shutdown, family }: Foundation,
  sources: RequestSources,
): Collaborators {
  const { id, role, connection, draft, clock, log, tracing, metrics, registry } = options;
  const { peer, access, rights, settings, scope } = result;
  const events = new EventLog(log, clock);
  return {
    id,
    since: clock.wall(),
    role,
    tracing,
    metrics,
    log,
    events,
    clock,
    tasks,
    connection,
    draft,
    peer,
    relayName: options.relayName,
    cluster: clusterOf(draft, { peer, hop: options.hop, isBelieved: rights.isRelay }),
    settings,
    access,
    scope,
    scopes,
    registry,
    shows: options.link?.shows ?? "all",
    ids,
    requests: requestsOf(options, result, { ...sources, events, family }),
    stops: new StopProbes({ clock, metrics, events }),
    streams: new ObjectStreams({
      clock,
      metrics,
      connection,
      log,
      codes: draft.streamCodes,
      understandsCuts: understandsCuts(peer),
      maxParked: MAX_PARKED_STREAMS * (isRelay(peer) ? RELAY_LIMIT_FACTOR : 1),
    }),
    streamBudget: options.streamBudget,
    shutdown,
    closer,
  };
}

function requestsOf(
  { connection, role, metrics, log }: Options,
  result: HandshakeResult,
  { family, streams, quota, events }: RequestSources & {
    readonly family: Family;
    readonly events: EventLog;
  },
): Requests {
  const { peer, access } = result;
  return family.requests({
    result,
    streams,
    rules: {
      role,
      canReset: connection.canReset,
      registerTokens: (message) => access.register(message),
      leftOut: ({ kind }, subject) => {
        metrics.inexpressible.message++;
        events.say("message left out: the peer's version of the protocol has no words for it", {
          message: kind,
          ...nameFields(subject),
        });
      },
      admit: () => quota.admit(),
      // Who leaves with a FIN too needs no asking.
      mayProbe: !leavesByFin(peer),
      ...(isMoqDev(peer) && { tolerance: new OddityWatch({ metrics, log }) }),
    },
  });
}

import type { TaskGroup } from "@qumo/shared/runtime";
import type { Draft, Namespace, SetupOptions } from "@qumo/shared/wire";
import type { Publisher, Scope } from "../../track/mod.ts";
import { EventLog } from "../event_log.ts";
import type { StreamSource } from "../first_streams.ts";
import { MOVE_SESSION_MS } from "../limits.ts";
import type { EstablishedSession, PeerView, SessionCounts } from "../session.ts";
import type { SessionOptions } from "../session_options.ts";
import { AcceptLoop } from "./accept_loop.ts";
import type { SessionCloser } from "./connection/session_closer.ts";
import type { SessionShutdown } from "./connection/session_shutdown.ts";
import type { RequestMessage } from "./connection/facets.ts";
import type { HandshakeResult } from "./connection/handshake.ts";
import { isMoqDev } from "./connection/moq_dev.ts";
import { OddityWatch } from "./connection/oddity_watch.ts";
import { PeerQuota } from "./connection/peer_quota.ts";
import { isOtherRelay, leavesByFin } from "./connection/relay_peer.ts";
import type { SessionScopes } from "./connection/session_scopes.ts";
import { Announcements } from "./publisher/announcements.ts";
import { ObjectStreams } from "./publisher/object_streams.ts";
import { RequestRouter } from "./request_router.ts";
import { BidiRequests } from "./requests/bidi_requests.ts";
import { nameFields } from "./requests/refuse.ts";
import type { RequestIds } from "./requests/request_ids.ts";
import type { Requests } from "./requests/requests.ts";
import { StopProbes } from "./requests/stop_probe.ts";
import { Ingest } from "./subscriber/ingest.ts";
import type { PeerFeed } from "./subscriber/peer_feed.ts";
import { PeerPublisher } from "./subscriber/peer_publisher.ts";
import { StreamCredit } from "./subscriber/stream_credit.ts";
import { TrackAliases } from "./subscriber/track_aliases.ts";

/** What an established session takes over from the connection. */
export interface Foundation {
  /** The peer's streams except its control stream. */
  readonly streams: StreamSource;
  readonly tasks: TaskGroup;
  readonly closer: SessionCloser;
  readonly scopes: SessionScopes;
  readonly ids: RequestIds;
  readonly shutdown: SessionShutdown;
}

type Options = SessionOptions & { readonly draft: Draft };

/** A session after its handshake: everything that serves the peer and requests from it. */
export class EstablishedMoqt implements EstablishedSession {
  readonly peer: PeerView;
  readonly #streams: ObjectStreams;
  readonly #tasks: TaskGroup;
  readonly #incoming: TrackAliases<PeerFeed>;
  readonly #credit: StreamCredit;
  readonly #publisher: PeerPublisher;
  readonly #announcements: Announcements;
  readonly #router: RequestRouter;
  readonly #accepting: AcceptLoop;
  readonly #solicits: boolean;

  constructor(options: Options, result: HandshakeResult, foundation: Foundation) {
    const { clock, metrics, connection, link, streamBudget } = options;
    const { peer, access, settings, scope } = result;
    const { streams, tasks, closer, shutdown } = foundation;
    this.peer = viewOf(peer, scope);
    this.#tasks = tasks;
    this.#solicits = link === undefined ? settings.solicit : link.advertise !== undefined;
    const giveUp = (reason: string) => closer.close("internal_error", reason, "limit");
    const quota = new PeerQuota({ clock, limits: settings.limits, signal: tasks.signal, giveUp });
    const events = new EventLog(options.log, clock);
    const requests = requestsOf(options, result, { streams, quota, events });
    const context = contextOf(options, result, foundation, { requests, events });
    this.#streams = context.streams;
    this.#incoming = new TrackAliases<PeerFeed>(clock);
    this.#credit = new StreamCredit(context, {
      incoming: this.#incoming,
      budget: streamBudget,
      move: () => shutdown.drain(MOVE_SESSION_MS, ""),
      close: (code, reason) => closer.close(code, reason, "limit"),
    });
    const ingest = new Ingest(context, { incoming: this.#incoming, credit: this.#credit });
    const publisher = this.#publisher = new PeerPublisher(context, this.#incoming, ingest);
    this.#announcements = new Announcements(
      context,
      publisher,
      link?.advertise ?? ((namespace) => scope.advertise(namespace, publisher)),
    );
    this.#router = new RequestRouter(context, publisher, this.#announcements);
    this.#accepting = new AcceptLoop({
      clock,
      tasks,
      metrics,
      connection,
      streams,
      requests,
      ingest,
      publisher,
      router: this.#router,
      firstMessageMs: settings.setupTimeoutMs,
      register: (message) => access.register(message),
      giveUp,
      fail: (error) => closer.fail(error),
    });
  }

  get counts(): SessionCounts {
    return {
      subscriptions: this.#router.subscriptionCount,
      transit: this.peer.relay === undefined ? 0 : this.#router.remoteCount,
      namespaces: this.#announcements.count,
      tracks: this.#publisher.trackCount,
      parkedStreams: this.#streams.unfinished.parkedCount,
    };
  }

  /** Starts to accept the peer's streams and requests. */
  start(): void {
    this.#accepting.start();
    if (!this.#solicits) return;
    this.#tasks.spawn("solicit", () => this.#announcements.solicit());
  }

  ping(): Promise<boolean> {
    return this.#publisher.ping();
  }

  publisher(scope: string): Publisher {
    return this.#publisher.inScope(scope);
  }

  /** Stops everything; called when the connection has ended. */
  stop(): void {
    this.#incoming.close();
    this.#router.close();
    this.#publisher.close("the publisher's session ended");
  }

  /** Releases the streams, after all tasks have ended. */
  close(): void {
    this.#streams.close();
    this.#credit.close();
  }
}

function viewOf(peer: SetupOptions, { path }: Scope): PeerView {
  const { relayName: relay, implementation } = peer;
  return { relay, implementation, path, isOtherRelay: isOtherRelay(peer) };
}

/** Where requests come from, and what watches over them. */
interface RequestSources {
  readonly streams: StreamSource;
  readonly quota: PeerQuota;
  readonly events: EventLog;
}

function requestsOf(
  { connection, draft, role, metrics, log }: Options,
  { peer, access }: HandshakeResult,
  { streams, quota, events }: RequestSources,
): Requests {
  return new BidiRequests({
    connection,
    streams,
    rules: {
      draft,
      role,
      canReset: connection.canReset,
      registerTokens: (message) => access.register(message),
      leftOut: ({ kind }, subject) => {
        metrics.messagesInexpressible++;
        events.say("message left out: the peer's version of the protocol has no words for it", {
          message: kind,
          ...nameFields(subject),
        });
      },
      admit: () => quota.admit(),
      // A peer that also sends a FIN needs no probe.
      mayProbe: !leavesByFin(peer),
      ...(isMoqDev(peer) && { tolerance: new OddityWatch({ metrics, log }) }),
    },
  });
}

/** The context of the session's parts: an object with all their interfaces. */
function contextOf(
  options: Options,
  { peer, access, settings, scope }: HandshakeResult,
  { tasks, closer, scopes, ids, shutdown }: Foundation,
  { requests, events }: { readonly requests: Requests; readonly events: EventLog },
) {
  const { id, role, connection, draft, clock, log, tracing, metrics, registry, link } = options;
  return {
    id,
    role,
    connection,
    draft,
    clock,
    log,
    tracing,
    metrics,
    settings,
    tasks,
    ids,
    peer,
    scope,
    events,
    stops: new StopProbes({ clock, metrics, events }),
    streams: new ObjectStreams({ clock, metrics, connection, log, peer, codes: draft.streamCodes }),
    relayName: options.relayName,
    shows: link?.shows ?? "all",
    get isLeaving() {
      return shutdown.hasBegun;
    },
    get refusesNew() {
      return shutdown.isDraining;
    },
    openRequest: () => requests.open(),
    scopeOf: ({ parameters }: RequestMessage) => scopes.of(parameters.meshScope, scope),
    pathsThatHave: (namespace: Namespace) => registry.pathsThatHave(namespace, scope),
    pathsThatAwait: (namespace: Namespace) => registry.pathsThatAwait(namespace, scope),
    authorize: access.authorize.bind(access),
    fail: (error: unknown) => closer.fail(error),
    begin: () => shutdown.begin(),
  };
}

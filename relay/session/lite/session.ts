import { TaskGroup } from "@qumo/shared/runtime";
import type { LiteSetup, LiteVersion } from "@qumo/shared/wire";
import type { Scope } from "../../track/mod.ts";
import type { Connection } from "../../transport/types.ts";
import { PeerQuota } from "../connection/peer_quota.ts";
import { refuseNewSession, refuseSession } from "../connection/refuse_session.ts";
import { pathWithToken } from "../connection/shown_token.ts";
import { SessionCloser } from "../connection/session_closer.ts";
import { SessionShutdown } from "../connection/session_shutdown.ts";
import { isTransportEnd, SessionError } from "../errors.ts";
import { EventLog } from "../event_log.ts";
import { FirstStreams } from "../first_streams.ts";
import type { Rights } from "../rights.ts";
import type { PeerView, Session, SessionCounts, SessionResult } from "../session.ts";
import type { SessionOptions } from "../session_options.ts";
import { inSessionSpan } from "../session_span.ts";
import type { LiteContext } from "./context.ts";
import { EstablishedLite } from "./established.ts";
import { LiteStreams } from "./lite_streams.ts";
import { SetupChannel } from "./setup_channel.ts";

/** A session of moq-lite over one connection. */
export class LiteSession implements Session {
  readonly id: number;
  readonly protocol: string;
  readonly connection: Connection;
  readonly established: Promise<EstablishedLite | undefined>;
  readonly #options: SessionOptions;
  readonly #version: LiteVersion;
  readonly #tasks: TaskGroup;
  readonly #closer: SessionCloser;
  readonly #source: FirstStreams;
  readonly #streams: LiteStreams;
  readonly #setup: SetupChannel;
  readonly #shutdown: SessionShutdown;
  readonly #settle: (established: EstablishedLite | undefined) => void;
  #scopeKey: string | undefined;
  #rights: Rights | undefined;
  #live: EstablishedLite | undefined;
  #isOver = false;

  constructor(options: SessionOptions, version: LiteVersion) {
    const { id, role, connection, clock, settings: { limits } } = options;
    this.#options = options;
    this.#version = version;
    this.id = id;
    this.protocol = version.protocol;
    this.connection = connection;
    const { promise, resolve } = Promise.withResolvers<EstablishedLite | undefined>();
    this.established = promise;
    this.#settle = resolve;
    const closer = this.#closer = new SessionCloser({ ...options, draft: version });
    const tasks = this.#tasks = new TaskGroup((_task, error) => this.#taskFailed(error));
    const giveUp = (reason: string) => closer.close("internal_error", reason, "limit");
    const quota = new PeerQuota({ clock, limits, signal: tasks.signal, giveUp });
    const source = this.#source = new FirstStreams(options.streams ?? connection);
    const rules = { version, canReset: connection.canReset, admit: () => quota.admit() };
    this.#streams = new LiteStreams({ connection, source, rules });
    this.#setup = new SetupChannel({ connection, role, version, tasks });
    this.#shutdown = new SessionShutdown({
      role,
      connection,
      clock,
      tasks,
      say: (uri) => this.#sayGoaway(uri),
      close: (code, reason) => closer.close(code, reason, "drained"),
    });
  }

  get peer(): PeerView | undefined {
    return this.#live?.peer;
  }

  get counts(): SessionCounts {
    return this.#live?.counts ?? NOTHING;
  }

  get isPeerLeaving(): boolean {
    return this.#shutdown.isPeerLeaving;
  }

  run(): Promise<SessionResult> {
    return inSessionSpan(this, this.#options, () => this.#run());
  }

  drain(timeoutMs: number, uri = ""): void {
    this.#shutdown.drain(timeoutMs, uri);
  }

  close(reason: string): void {
    this.#closer.close("no_error", reason, "drained");
  }

  async #run(): Promise<SessionResult> {
    this.#tasks.spawn("session", () => this.#speak());
    const info = await this.connection.closed;
    this.#isOver = true;
    this.#shutdown.stop();
    this.#settle(undefined);
    this.#rights?.close();
    this.#live?.stop();
    await this.#tasks.close();
    this.#live?.close();
    if (this.#scopeKey !== undefined) this.#options.registry.leave(this.#scopeKey);
    return { info, end: this.#closer.ended(info) };
  }

  async #speak(): Promise<void> {
    const setup = await this.#peerSetup();
    if (setup === undefined || this.#isOver) return;
    const { connection, link, scopeOf, registry, streamBudget, relayName, gate, clock } =
      this.#options;
    const path = link?.path ?? connection.path ?? setup.path ?? "";
    const admitted = await gate.admit({
      session: this.id,
      path,
      // Nothing but the path can carry one.
      tokens: [],
      remoteAddress: connection.remoteAddress,
      protocol: this.protocol,
      relayName: undefined,
    });
    if (!admitted.ok) {
      const refused = { closer: this.#closer, dialect: this.#version, connection, clock };
      return await refuseNewSession(refused, admitted.refusal);
    }
    const rights = admitted.value;
    if (this.#isOver) return rights.close();
    const key = this.#scopeKey = scopeOf(path, connection.authority ?? "");
    const context = this.#contextOf(registry.enter(key), setup, rights);
    this.#sayStarted(path, rights);
    rights.onLost((refusal) => refuseSession(this.#closer, this.#version, refusal));
    this.#rights = rights;
    const live = this.#live = new EstablishedLite(context, {
      source: this.#source,
      tasks: this.#tasks,
      closer: this.#closer,
      shutdown: this.#shutdown,
      budget: streamBudget,
      relayName,
      isCalled: link === undefined,
      peer: { setup, path: context.scope.path },
      onGoaway: (uri) => this.#peerLeaves(uri),
    });
    this.#settle(live);
    live.start();
  }

  #sayStarted(path: string, { holder }: Rights): void {
    const { log, connection } = this.#options;
    log.info("session started", {
      transport: connection.transport,
      protocol: this.protocol,
      peer: connection.remoteAddress,
      // A query may contain a token.
      path: path.split("?")[0],
      ...holder,
    });
  }

  /** Sends SETUP and waits for the peer's, with a time limit; undefined when the connection ended. */
  async #peerSetup(): Promise<LiteSetup | undefined> {
    const { clock, settings, connection, hop, link } = this.#options;
    const token = await link?.token?.first();
    const path = connection.path === undefined && link !== undefined
      ? pathWithToken(link.path, token)
      : undefined;
    const cost = BigInt(settings.cost);
    this.#setup.begin(
      { probe: 0, path, ...(hop !== 0n && { hop }), ...(cost !== DEFAULT_COST && { cost }) },
      this.#source,
    );
    const { promise: late, reject } = Promise.withResolvers<never>();
    const deadline = clock.after(settings.setupTimeoutMs, () => {
      reject(new SessionError("control_message_timeout", "The peer sent no SETUP in time"));
    });
    const over = connection.closed.then(() => undefined);
    try {
      return await Promise.race([this.#setup.peerSetup, over, late]);
    } finally {
      deadline.cancel();
    }
  }

  #contextOf(scope: Scope, setup: LiteSetup, rights: Rights): LiteContext {
    const { log, clock, settings, hop, metrics } = this.#options;
    return {
      ...this.#options,
      version: this.#version,
      tasks: this.#tasks,
      events: new EventLog(log, clock),
      scope,
      streams: this.#streams,
      shutdown: this.#shutdown,
      closer: this.#closer,
      hops: { own: hop, peer: setup.hop ?? 0n, cost: this.#costOf(setup) },
      believesRoutes: rights.isRelay,
      metrics: rights.measured(metrics, () => this.counts.tracks),
      settings: { ...settings, limits: rights.limitsOf(settings.limits) },
      authorize: (action, name) => rights.authorize({ action, ...name, tokens: [] }),
    };
  }

  /** Before 06 hops alone are counted, the peer's included. */
  #costOf({ cost = DEFAULT_COST }: LiteSetup): bigint {
    return this.#version.announcements.hasCosts ? cost : 0n;
  }

  async #sayGoaway(uri: string): Promise<void> {
    const { requests, messages } = this.#version;
    if (messages.goaway === undefined) return;
    const stream = await this.#streams.open(requests.goaway!);
    stream.send(messages.goaway.encode({ uri }));
    stream.finish();
  }

  #peerLeaves(uri: string): void {
    const { log, link } = this.#options;
    // A query may contain a token.
    log.info("peer is going away", { uri: uri.split("?")[0] });
    link?.onLeaving();
    this.#live?.peerLeaves();
    this.#shutdown.peerLeaves();
  }

  /** The end of one stream does not end the session. */
  #taskFailed(error: unknown): void {
    if (!isTransportEnd(error)) this.#closer.fail(error);
  }
}

const DEFAULT_COST = 1n;

const NOTHING: SessionCounts = {
  subscriptions: 0,
  transit: 0,
  namespaces: 0,
  tracks: 0,
  parkedStreams: 0,
};

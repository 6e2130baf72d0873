import {
  type Clock,
  done,
  type Log,
  type Outcome,
  refused,
  TaskGroup,
  type Timer,
  type Tracing,
} from "@qumo/shared/runtime";
import {
  type ControlMessage,
  type ControlMessageOf,
  type Draft,
  type FullTrackName,
  type Namespace,
  SessionCode,
  type SetupOptions,
  type Token,
} from "@qumo/shared/wire";
import type { NamespaceView, Publisher, Refusal, Scope } from "../../track/mod.ts";
import {
  type BidiStream,
  type CloseInfo,
  type Connection,
  type SendStream,
  URGENT,
} from "../../transport/types.ts";
import { closingOf, isTransportEnd, SessionError } from "../errors.ts";
import {
  MAX_OVER_RATE_MS,
  MAX_PARKED_STREAMS,
  MAX_STREAMS_WAITING,
  RELAY_LIMIT_FACTOR,
} from "../limits.ts";
import type { SessionEnd, SessionMetrics } from "../metrics.ts";
import type { AuthorizationRequest, SessionSettings } from "../settings.ts";
import { PeerAccess } from "./access.ts";
import type { RequestMessage, SessionContext } from "./context.ts";
import { ControlChannel } from "./control_channel.ts";
import { IncomingTracks } from "./incoming_tracks.ts";
import { Ingest } from "./ingest.ts";
import { Intake } from "./intake.ts";
import { Announcements } from "./announcements.ts";
import { PeerPublisher } from "./peer_publisher.ts";
import { RateLimit } from "./rate_limit.ts";
import { isRelay, relaySettings } from "./relay_peer.ts";
import { RequestIds, type Role } from "./request_ids.ts";
import { RequestServer } from "./request_server.ts";
import { RequestStream } from "./request_stream.ts";
import type { MoqtSessionOptions } from "./session_options.ts";
import { SessionScopes } from "./session_scopes.ts";

/** A connection that speaks MoQT with a stream for each request: drafts 17 and later. */
export class MoqtSession implements SessionContext {
  readonly id: number;
  readonly role: Role;
  readonly connection: Connection;
  readonly draft: Draft;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
  readonly metrics: SessionMetrics;
  readonly ids: RequestIds;
  readonly tasks: TaskGroup;
  readonly #options: MoqtSessionOptions;
  /** Resolves when setup is complete, or to false when it never will be. */
  readonly ready: Promise<boolean>;
  readonly #scopes: SessionScopes;
  readonly #rate: RateLimit;
  readonly #access: PeerAccess;
  readonly #incoming: IncomingTracks;
  readonly #publisher: PeerPublisher;
  readonly #announcements: Announcements;
  readonly #requests: RequestServer;
  readonly #intake: Intake;
  readonly #control: ControlChannel;
  #setReady: (isReady: boolean) => void = () => {};
  #settings: SessionSettings;
  #peer: SetupOptions | undefined;
  #scope: Scope | undefined;
  #streamsWaiting = 0;
  #peerLeaving = false;
  #draining: Timer | undefined;
  #end: SessionEnd | undefined;

  constructor(options: MoqtSessionOptions) {
    this.#options = options;
    this.id = options.id;
    this.role = options.role;
    this.connection = options.connection;
    this.draft = options.draft;
    this.clock = options.clock;
    this.log = options.log;
    this.tracing = options.tracing;
    this.metrics = options.metrics;
    this.#settings = options.settings;
    this.#scopes = new SessionScopes(options.registry);
    this.ids = new RequestIds(options.role);
    this.tasks = new TaskGroup((_task, error) => this.#taskFailed(error));
    const { controlMessageRate, controlMessageBurst } = options.settings.limits;
    this.#rate = new RateLimit(options.clock, controlMessageRate, controlMessageBurst);
    this.ready = new Promise((resolve) => this.#setReady = resolve);
    this.#access = new PeerAccess(options.authorizer);
    this.#incoming = new IncomingTracks(options.clock);
    this.#publisher = new PeerPublisher(this, this.#incoming);
    const { link } = options;
    this.#announcements = new Announcements(
      this,
      link?.advertise ?? ((namespace) => this.scope.advertise(namespace, this.#publisher)),
    );
    this.#requests = new RequestServer(this, this.#publisher, this.#announcements);
    this.#control = new ControlChannel(this, {
      setup: (options) => this.#receiveSetup(options),
      goaway: (message) => this.#receiveGoaway(message),
    });
    const ingest = new Ingest(this, this.#incoming, {
      control: (input, type) => this.#control.listen(input, type),
      fetch: (input) => this.#publisher.fetchStream(input),
    });
    this.#publisher.ingest = ingest;
    this.#intake = new Intake(this, {
      ingest,
      requests: this.#requests,
      ready: this.ready,
      admit: () => this.#admit(),
      wrap: (bidi) => this.#wrap(bidi),
      register: (message) => this.#access.register(message),
    });
  }

  get peer(): SetupOptions {
    return this.#peer!;
  }

  get scope(): Scope {
    return this.#scope!;
  }

  get settings(): SessionSettings {
    return this.#settings;
  }

  get relayName(): string | undefined {
    return this.#options.relayName;
  }

  get shows(): NamespaceView | "none" {
    return this.#options.link?.shows ?? "all";
  }

  /** Whether the peer answered a question that every relay can answer. Never rejects. */
  ping(): Promise<boolean> {
    return this.#publisher.ping();
  }

  /** Whether the peer said that it is going away. */
  get isPeerLeaving(): boolean {
    return this.#peerLeaving;
  }

  get isLeaving(): boolean {
    return this.#peerLeaving || this.#draining !== undefined;
  }

  /** Whether the peer's SETUP came. */
  get isReady(): boolean {
    return this.#peer !== undefined;
  }

  /** Subscriptions that this peer is served. */
  get subscriptionCount(): number {
    return this.#requests.subscriptionCount;
  }

  /** Of these, tracks of other relays that another relay takes from here. */
  get transitCount(): number {
    return this.isReady && isRelay(this.peer) ? this.#requests.remoteCount : 0;
  }

  /** Namespaces that this peer publishes. */
  get namespaceCount(): number {
    return this.#announcements.count;
  }

  /** Speaks with the peer until the connection has ended. Never rejects. */
  async run(): Promise<{ info: CloseInfo; end: SessionEnd }> {
    const { connection, clock, settings } = this;
    const deadline = clock.after(settings.setupTimeoutMs, () => {
      if (this.isReady) return;
      this.fail(new SessionError(SessionCode.CONTROL_MESSAGE_TIMEOUT, "no SETUP in time"));
    });
    this.tasks.spawn("setup", () => this.#control.open(this.#ownOptions()));
    this.#intake.start();
    const info = await connection.closed;
    deadline.cancel();
    this.#draining?.cancel();
    await this.#close(info);
    return { info, end: this.#end ?? endOf(info) };
  }

  /** The peer as a publisher of the tracks of a scope, on behalf of those who asked us. */
  publisher(scope: string): Publisher {
    return this.#publisher.inScope(scope);
  }

  /**
   * Asks the peer to go elsewhere, and closes the session when it has, or after `timeout` ms. To
   * `uri`, if that is known and the peer is a client.
   */
  drain(timeout: number, uri = ""): void {
    if (this.#draining !== undefined) return;
    this.#requests.refuseNew();
    const to = this.role === "server" ? uri : "";
    this.tasks.spawn("goaway", () => this.#control.goaway(to, timeout, this.ids.peerNext));
    this.connection.drain();
    this.#draining = this.clock.after(timeout, () => {
      this.#closeConnection(
        SessionCode.GOAWAY_TIMEOUT,
        "the peer did not leave in time",
        "drained",
      );
    });
    this.#leaveWhenIdle();
  }

  /** Ends the session at once. */
  close(code: SessionCode, reason: string): void {
    this.#closeConnection(code, reason, "drained");
  }

  async openRequest(): Promise<RequestStream> {
    return this.#wrap(await this.connection.openBidi());
  }

  async openStream(): Promise<SendStream> {
    this.#streamsWaiting++;
    if (this.#streamsWaiting > MAX_STREAMS_WAITING) {
      this.#closeConnection(
        SessionCode.DATA_STREAM_TIMEOUT,
        "too many streams wait to be allowed",
        "too_slow",
      );
    }
    try {
      return await this.connection.openUni();
    } finally {
      this.#streamsWaiting--;
    }
  }

  scopeOf({ parameters }: RequestMessage): Outcome<Scope, Refusal> {
    if (parameters.meshScope === undefined) return done(this.scope);
    const scope = this.#scopes.enter(parameters.meshScope);
    return scope === undefined ? refused(TOO_MANY_SCOPES) : done(scope);
  }

  async authorize(
    action: AuthorizationRequest["action"],
    name: { readonly namespace: Namespace; readonly track?: FullTrackName },
    tokens: readonly Token[] | undefined,
  ): Promise<Outcome<void, Refusal>> {
    return await this.#access.authorize(action, name, tokens);
  }

  fail(error: unknown): void {
    const { code, reason } = closingOf(error);
    if (code === SessionCode.INTERNAL_ERROR) {
      this.metrics.unhandledErrors++;
      this.log.error("session failed", { error });
      return this.#closeConnection(code, reason, "internal_error");
    }
    this.metrics.malformed.control++;
    this.#closeConnection(code, reason, "protocol_error");
  }

  streamParked(): void {
    // A link carries the tracks of many, and each that takes another way may leave a stream behind.
    const factor = this.isReady && isRelay(this.peer) ? RELAY_LIMIT_FACTOR : 1;
    if (this.connection.parkedStreams <= MAX_PARKED_STREAMS * factor) return;
    this.#closeConnection(
      SessionCode.DATA_STREAM_TIMEOUT,
      "too many streams were left unfinished",
      "too_slow",
    );
  }

  requestEnded(): void {
    const toldToLeave = this.role === "client" && this.#peerLeaving;
    if (this.#draining !== undefined || toldToLeave) this.#leaveWhenIdle();
  }

  #leaveWhenIdle(): void {
    if (this.#requests.openCount > 0 || this.#publisher.isBusy) return;
    this.#closeConnection(SessionCode.NO_ERROR, "going away", "drained");
  }

  #closeConnection(code: SessionCode, reason: string, end: SessionEnd): void {
    this.#end ??= end;
    this.connection.close(code, reason);
  }

  #wrap(bidi: BidiStream): RequestStream {
    const { draft, role } = this;
    const { canReset } = this.connection;
    const admit = () => this.#admit();
    const registerTokens = (message: ControlMessage) => this.#access.register(message);
    return new RequestStream(
      bidi,
      { draft, canReset, role, registerTokens, admit },
      URGENT - 1,
    );
  }

  /** Waits until the peer may be listened to again; one that never stops is given up. */
  async #admit(): Promise<void> {
    await this.#rate.take(this.tasks.signal);
    if (this.#rate.emptyFor < MAX_OVER_RATE_MS) return;
    this.#closeConnection(SessionCode.INTERNAL_ERROR, "too many requests for too long", "limit");
  }

  #receiveSetup(options: SetupOptions): void {
    const path = this.connection.path ?? options.path ?? "";
    const authority = this.connection.authority ?? options.authority ?? "";
    this.#access.setUp(path, options);
    this.#scope = this.#scopes.enter(this.#options.scopeOf(path, authority));
    this.#peer = options;
    if (isRelay(options)) this.#settings = relaySettings(this.#options.settings);
    this.log.info("session started", {
      transport: this.connection.transport,
      protocol: this.draft.protocol,
      peer: this.connection.remoteAddress,
      path,
      implementation: options.implementation,
      ...(options.relayName !== undefined && { relay: options.relayName }),
    });
    this.tasks.spawn("authorize", () => this.#enter());
  }

  async #enter(): Promise<void> {
    const outcome = await this.authorize("setup", { namespace: [] }, undefined);
    if (!outcome.ok) {
      return this.#closeConnection(
        SessionCode.UNAUTHORIZED,
        outcome.refusal.reason,
        "unauthorized",
      );
    }
    this.#setReady(true);
    const { link } = this.#options;
    if (link === undefined ? this.settings.solicit : link.advertise !== undefined) {
      this.tasks.spawn("solicit", () => this.#announcements.solicit());
    }
  }

  #ownOptions(): Partial<SetupOptions> {
    const { relayName, link, connection } = this.#options;
    return {
      ...(relayName !== undefined && { relayName }),
      // On WebTransport the request carried them.
      ...(link !== undefined && connection.path === undefined &&
        { path: link.path, authority: link.authority }),
    };
  }

  #receiveGoaway(message: ControlMessageOf<"goaway">): void {
    this.#peerLeaving = true;
    this.log.info("peer is going away", { timeout: message.timeout });
    this.#options.link?.onLeaving();
    this.requestEnded();
  }

  /** What ends one stream ends no session. */
  #taskFailed(error: unknown): void {
    if (!isTransportEnd(error)) this.fail(error);
  }

  async #close(info: CloseInfo): Promise<void> {
    this.#setReady(false);
    this.#incoming.close();
    this.#requests.close();
    this.#publisher.close("the publisher's session ended");
    await this.tasks.close();
    this.#scopes.leave();
    const end = this.#end ?? endOf(info);
    this.metrics.sessionsEnded[end]++;
    this.log.info("session ended", { end, by: info.by, code: info.code, reason: info.reason });
  }
}

const TOO_MANY_SCOPES: Refusal = { kind: "excessive_load", reason: "too many scopes" };

function endOf(info: CloseInfo): SessionEnd {
  if (info.by === "lost") return "lost";
  return info.code === SessionCode.NO_ERROR ? "peer_closed" : "peer_error";
}

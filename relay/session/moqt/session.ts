import { type Clock, type Log, type Outcome, TaskGroup, type Tracing } from "@qumo/shared/runtime";
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
import { type BidiStream, type CloseInfo, type Connection, URGENT } from "../../transport/types.ts";
import { isTransportEnd, SessionError } from "../errors.ts";
import { EventLog } from "../event_log.ts";
import { MOVE_SESSION_MS } from "../limits.ts";
import type { SessionMetrics } from "../metrics.ts";
import type { AuthorizationRequest, SessionSettings } from "../settings.ts";
import { PeerAccess } from "./connection/access.ts";
import { Burden } from "./connection/peer_quota.ts";
import { Closing } from "./connection/close_codes.ts";
import type { RequestMessage, SessionContext } from "./context.ts";
import { ControlChannel } from "./connection/control_channel.ts";
import { IncomingTracks } from "./subscriber/track_aliases.ts";
import { Ingest } from "./subscriber/ingest.ts";
import { Intake } from "./accept_loop.ts";
import { Introduction } from "./connection/handshake.ts";
import { Announcements } from "./publisher/announcements.ts";
import { Leaving } from "./connection/goaway.ts";
import { goawayRequestId } from "./connection/moq_dev.ts";
import { ObjectStreams } from "./publisher/object_streams.ts";
import { PeerPublisher } from "./subscriber/peer_publisher.ts";
import { RequestIds, type Role } from "./requests/request_ids.ts";
import { RequestServer } from "./request_router.ts";
import { OddityWatch } from "./connection/oddity_watch.ts";
import { RequestStream } from "./requests/request_stream.ts";
import { leavesByFin } from "./connection/relay_peer.ts";
import type { MoqtSessionOptions } from "./session_options.ts";
import { StopProbes } from "./requests/stop_probe.ts";
import { StreamCredit } from "./subscriber/stream_credit.ts";
import type { SessionEnd } from "../../vocabulary.ts";

/** A connection that speaks MoQT with a stream for each request: drafts 17 and later. */
export class MoqtSession implements SessionContext {
  readonly id: number;
  readonly role: Role;
  readonly connection: Connection;
  readonly draft: Draft;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventLog;
  readonly tracing: Tracing;
  readonly metrics: SessionMetrics;
  readonly ids: RequestIds;
  readonly tasks: TaskGroup;
  readonly stops: StopProbes;
  readonly streams: ObjectStreams;
  readonly #options: MoqtSessionOptions;
  /** Resolves when setup is complete, or to false when it never will be. */
  readonly ready: Promise<boolean>;
  readonly #introduction: Introduction;
  readonly #closing: Closing;
  readonly #burden: Burden;
  readonly #access: PeerAccess;
  readonly #incoming: IncomingTracks;
  readonly #credit: StreamCredit;
  readonly #publisher: PeerPublisher;
  readonly #announcements: Announcements;
  readonly #requests: RequestServer;
  readonly #intake: Intake;
  readonly #control: ControlChannel;
  readonly #leaving: Leaving;
  readonly #tolerance: OddityWatch;
  #setReady: (isReady: boolean) => void = () => {};

  constructor(options: MoqtSessionOptions) {
    this.#options = options;
    this.id = options.id;
    this.role = options.role;
    this.connection = options.connection;
    this.draft = options.draft;
    this.clock = options.clock;
    this.log = options.log;
    this.events = new EventLog(options.log, options.clock);
    this.tracing = options.tracing;
    this.metrics = options.metrics;
    this.#access = new PeerAccess(options.authorizer);
    this.stops = new StopProbes(this);
    this.#introduction = new Introduction(options, this.#access);
    this.#closing = new Closing(this);
    this.ids = new RequestIds(options.role);
    this.tasks = new TaskGroup((_task, error) => this.#taskFailed(error));
    this.#burden = new Burden(this, (...end) => this.#closing.close(...end));
    this.ready = new Promise((resolve) => this.#setReady = resolve);
    this.#tolerance = new OddityWatch(this, this.ready);
    this.#incoming = new IncomingTracks(options.clock);
    this.#publisher = new PeerPublisher(this, this.#incoming);
    const { link } = options;
    this.#announcements = new Announcements(
      this,
      this.#publisher,
      link?.advertise ?? ((namespace) => this.scope.advertise(namespace, this.#publisher)),
    );
    this.#requests = new RequestServer(this, this.#publisher, this.#announcements);
    this.streams = new ObjectStreams(this, (wanted) => this.#requests.giveUpIdle(wanted));
    this.#control = new ControlChannel(this, {
      setup: (options) => this.#receiveSetup(options),
      goaway: (message) => this.#receiveGoaway(message),
    });
    this.#leaving = new Leaving(this, {
      isBusy: () => this.#requests.openCount > 0 || this.#publisher.isBusy,
      refuseNew: () => this.#requests.refuseNew(),
      say: (uri, timeout) =>
        this.#control.goaway(
          uri,
          timeout,
          goawayRequestId(this.ids.peerNext, this.#introduction.peer),
        ),
      close: (code, reason) => this.close(code, reason),
    });
    this.#credit = new StreamCredit(this, {
      incoming: this.#incoming,
      budget: options.streamBudget,
      move: () => this.#leaving.drain(MOVE_SESSION_MS, ""),
      close: (code, reason) => this.#closing.close(code, reason, "limit"),
    });
    const ingest = new Ingest(this, { incoming: this.#incoming, credit: this.#credit }, {
      control: (input, type) => this.#control.listen(input, type),
      fetch: (input) => this.#publisher.fetchStream(input),
    });
    this.#publisher.ingest = ingest;
    this.#intake = new Intake(this, {
      streams: options.streams ?? options.connection,
      ingest,
      requests: this.#requests,
      ready: this.ready,
      admit: () => this.#burden.admit(),
      giveUp: (reason) => this.#closing.close(SessionCode.INTERNAL_ERROR, reason, "limit"),
      wrap: (bidi) => this.#wrap(bidi, "peer"),
      register: (message) => this.#access.register(message),
    });
  }

  get peer(): SetupOptions {
    return this.#introduction.peer!;
  }

  get scope(): Scope {
    return this.#introduction.scope!;
  }

  get settings(): SessionSettings {
    return this.#introduction.settings;
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
    return this.#leaving.isPeerLeaving;
  }

  get isLeaving(): boolean {
    return this.#leaving.hasBegun;
  }

  /** Whether the peer's SETUP came. */
  get isReady(): boolean {
    return this.#introduction.peer !== undefined;
  }

  /** Subscriptions that this peer is served. */
  get subscriptionCount(): number {
    return this.#requests.subscriptionCount;
  }

  /** Of these, tracks of other relays that another relay takes from here. */
  get transitCount(): number {
    return this.#introduction.isWithRelay ? this.#requests.remoteCount : 0;
  }

  /** Namespaces that this peer publishes. */
  get namespaceCount(): number {
    return this.#announcements.count;
  }

  /** Tracks that this peer delivers, or was asked for. */
  get trackCount(): number {
    return this.#publisher.trackCount;
  }

  /** Speaks with the peer until the connection has ended. Never rejects. */
  async run(): Promise<{ info: CloseInfo; end: SessionEnd }> {
    const { connection, clock, settings } = this;
    const deadline = clock.after(settings.setupTimeoutMs, () => {
      if (this.isReady) return;
      this.fail(new SessionError(SessionCode.CONTROL_MESSAGE_TIMEOUT, "no SETUP in time"));
    });
    this.tasks.spawn("setup", () => this.#control.open(this.#introduction.own()));
    this.#intake.start();
    const info = await connection.closed;
    deadline.cancel();
    this.#leaving.stop();
    await this.#leave();
    return { info, end: this.#closing.ended(info) };
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
    this.#leaving.drain(timeout, uri);
  }

  /** Ends the session at once. */
  close(code: SessionCode, reason: string): void {
    this.#closing.close(code, reason, "drained");
  }

  async openRequest(): Promise<RequestStream> {
    return this.#wrap(await this.connection.openBidi(), "us");
  }

  scopeOf(message: RequestMessage): Outcome<Scope, Refusal> {
    return this.#introduction.scopeOf(message);
  }

  pathsThatHave(namespace: Namespace): readonly string[] {
    return this.#options.registry.pathsThatHave(namespace, this.scope);
  }

  pathsThatAwait(namespace: Namespace): readonly string[] {
    return this.#options.registry.pathsThatAwait(namespace, this.scope);
  }

  async authorize(
    action: AuthorizationRequest["action"],
    name: { readonly namespace: Namespace; readonly track?: FullTrackName },
    tokens: readonly Token[] | undefined,
  ): Promise<Outcome<void, Refusal>> {
    return await this.#access.authorize(action, name, tokens);
  }

  fail(error: unknown): void {
    this.#closing.fail(error);
  }

  requestEnded(): void {
    this.#leaving.requestEnded();
  }

  #wrap(bidi: BidiStream, openedBy: "us" | "peer"): RequestStream {
    const { draft, role } = this;
    const { canReset } = this.connection;
    const tolerance = this.#tolerance;
    const admit = () => this.#burden.admit();
    const registerTokens = (message: ControlMessage) => this.#access.register(message);
    // Who leaves with a FIN too needs no asking.
    const mayProbe = () => this.isReady && !leavesByFin(this.peer);
    return new RequestStream(
      bidi,
      { draft, canReset, role, registerTokens, admit, openedBy, mayProbe, tolerance },
      URGENT - 1,
    );
  }

  #receiveSetup(options: SetupOptions): void {
    this.#introduction.receive(options);
    this.tasks.spawn("authorize", () => this.#enter());
  }

  async #enter(): Promise<void> {
    const outcome = await this.authorize("setup", { namespace: [] }, undefined);
    if (!outcome.ok) {
      const { reason } = outcome.refusal;
      return this.#closing.close(SessionCode.UNAUTHORIZED, reason, "unauthorized");
    }
    this.#setReady(true);
    const { link } = this.#options;
    if (link === undefined ? this.settings.solicit : link.advertise !== undefined) {
      this.tasks.spawn("solicit", () => this.#announcements.solicit());
    }
  }

  #receiveGoaway(message: ControlMessageOf<"goaway">): void {
    this.#leaving.peerLeaves();
    this.log.info("peer is going away", { timeout: message.timeout });
    this.#options.link?.onLeaving();
    this.requestEnded();
  }

  /** What ends one stream ends no session. */
  #taskFailed(error: unknown): void {
    if (!isTransportEnd(error)) this.fail(error);
  }

  async #leave(): Promise<void> {
    this.#setReady(false);
    this.#incoming.close();
    this.#requests.close();
    this.#publisher.close("the publisher's session ended");
    await this.tasks.close();
    this.streams.close();
    this.#credit.close();
    this.#introduction.leave();
  }
}

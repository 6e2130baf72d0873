import { type LogFields, type Outcome, TaskGroup } from "@qumo/shared/runtime";
import type { Draft } from "@qumo/shared/wire";
import type { Refusal } from "../track/mod.ts";
import type { CloseInfo, Connection } from "../transport/types.ts";
import { refuseNewSession, refuseSession } from "./connection/refuse_session.ts";
import { SessionCloser } from "./connection/session_closer.ts";
import { SessionShutdown } from "./connection/session_shutdown.ts";
import { isTransportEnd, SessionError } from "./errors.ts";
import { FirstStreams } from "./first_streams.ts";
import type { Rights } from "./rights.ts";
import type {
  EstablishedSession,
  PeerView,
  Session,
  SessionCounts,
  SessionResult,
} from "./session.ts";
import type { SessionOptions } from "./session_options.ts";
import { inSessionSpan } from "./session_span.ts";

/** A session after its handshake, for who began it. */
export interface LiveSession extends EstablishedSession {
  readonly counts: SessionCounts;
  /** Starts to accept the peer's streams and requests. */
  start(): void;
  /** The peer is going away. */
  peerLeaves(): void;
  /** The connection has ended: nothing new begins. */
  stop(): void;
  /** All tasks have ended. */
  close(): void;
}

/** What a {@linkcode Dialogue} is held with. */
export interface SessionParts {
  readonly tasks: TaskGroup;
  readonly closer: SessionCloser;
  /** The peer's streams; those that arrive before its SETUP stay queued. */
  readonly streams: FirstStreams;
  /** The peer's GOAWAY, with what the log says of it. */
  readonly onGoaway: (said: LogFields) => void;
}

/** What is different between the sessions of two dialects. */
export interface Dialogue<Peer> {
  /** Sends our SETUP, with the token of a link. */
  begin(token: string | undefined): void;
  /** What the peer says in its SETUP. */
  readonly peerSetup: Promise<Peer>;
  /** Asks whether the peer may come in. */
  admit(peer: Peer): Promise<Outcome<Rights, Refusal>>;
  /** The session of a peer that came in. */
  establish(peer: Peer, rights: Rights, shutdown: SessionShutdown): LiveSession;
  /** Sends GOAWAY. */
  goaway(uri: string, timeoutMs: number): Promise<void>;
  /** Frees what the session holds, after all tasks have ended. */
  leave(): void;
}

/** How a dialect speaks. */
export interface SpokenDialect<Peer> {
  readonly protocol: string;
  readonly sessionCodes: Draft["sessionCodes"];
  readonly speak: (parts: SessionParts) => Dialogue<Peer>;
}

/** A session over one connection: what is the same in every dialect. */
export class DialectSession<Peer> implements Session {
  readonly id: number;
  readonly protocol: string;
  readonly connection: Connection;
  readonly established: Promise<EstablishedSession | undefined>;
  readonly #options: SessionOptions;
  readonly #dialect: SpokenDialect<Peer>;
  readonly #tasks: TaskGroup;
  readonly #closer: SessionCloser;
  readonly #dialogue: Dialogue<Peer>;
  readonly #shutdown: SessionShutdown;
  readonly #settle: (established: EstablishedSession | undefined) => void;
  #rights: Rights | undefined;
  #live: LiveSession | undefined;
  #isOver = false;
  // Set while the session waits for the peer's SETUP.
  #stopWaiting: (() => void) | undefined;

  constructor(options: SessionOptions, dialect: SpokenDialect<Peer>) {
    const { id, role, connection, clock } = options;
    this.#options = options;
    this.#dialect = dialect;
    this.id = id;
    this.protocol = dialect.protocol;
    this.connection = connection;
    const { promise, resolve } = Promise.withResolvers<EstablishedSession | undefined>();
    this.established = promise;
    this.#settle = resolve;
    const closer = this.#closer = new SessionCloser({ ...options, draft: dialect });
    const tasks = this.#tasks = new TaskGroup((_task, error) => this.#taskFailed(error));
    const dialogue = this.#dialogue = dialect.speak({
      tasks,
      closer,
      streams: new FirstStreams(options.streams ?? connection),
      onGoaway: (said) => this.#peerLeaves(said),
    });
    this.#shutdown = new SessionShutdown({
      role,
      connection,
      clock,
      tasks,
      say: (uri, timeout) => dialogue.goaway(uri, timeout),
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
    return inSessionSpan(this, this.#options, () => {
      this.#tasks.spawn("session", () => this.#speak());
      return this.connection.closed.then((info) => this.#ended(info));
    });
  }

  drain(timeoutMs: number, uri = ""): void {
    this.#shutdown.drain(timeoutMs, uri);
  }

  redirect(uri: string): void {
    this.#shutdown.redirect(uri);
  }

  close(reason: string): void {
    this.#closer.close("no_error", reason, "drained");
  }

  async #ended(info: CloseInfo): Promise<SessionResult> {
    this.#isOver = true;
    this.#stopWaiting?.();
    this.#shutdown.stop();
    this.#settle(undefined);
    this.#rights?.close();
    this.#live?.stop();
    await this.#tasks.close();
    this.#live?.close();
    this.#dialogue.leave();
    return { info, end: this.#closer.ended(info) };
  }

  async #speak(): Promise<void> {
    const peer = await this.#peerSetup();
    if (peer === undefined || this.#isOver) return;
    const admitted = await this.#dialogue.admit(peer);
    if (!admitted.ok) return await this.#refuse(admitted.refusal);
    const rights = admitted.value;
    if (this.#isOver) return rights.close();
    this.#rights = rights;
    const live = this.#live = this.#dialogue.establish(peer, rights, this.#shutdown);
    rights.onLost((refusal) => refuseSession(this.#closer, this.#dialect, refusal));
    this.#settle(live);
    live.start();
  }

  /** Sends SETUP and waits for the peer's, with a time limit; undefined when the connection ended. */
  async #peerSetup(): Promise<Peer | undefined> {
    const { clock, settings, link } = this.#options;
    this.#dialogue.begin(await link?.token?.first());
    if (this.#isOver) return undefined;
    const { promise, resolve, reject } = Promise.withResolvers<Peer | undefined>();
    const deadline = clock.after(settings.setupTimeoutMs, () => reject(noSetup()));
    // A race with the end of the connection would leave its promises for as long as that lasts.
    this.#stopWaiting = () => resolve(undefined);
    this.#dialogue.peerSetup.then(resolve, reject);
    try {
      return await promise;
    } finally {
      deadline.cancel();
      this.#stopWaiting = undefined;
    }
  }

  #refuse(refusal: Refusal): Promise<void> {
    const { connection, clock } = this.#options;
    const refused = { closer: this.#closer, dialect: this.#dialect, connection, clock };
    return refuseNewSession(refused, refusal);
  }

  #peerLeaves(said: LogFields): void {
    const { log, link } = this.#options;
    log.info("peer is going away", said);
    link?.onLeaving();
    this.#live?.peerLeaves();
    this.#shutdown.peerLeaves();
  }

  /** The end of one stream does not end the session. */
  #taskFailed(error: unknown): void {
    if (!isTransportEnd(error)) this.#closer.fail(error);
  }
}

function noSetup(): SessionError {
  return new SessionError("control_message_timeout", "no SETUP in time");
}

const NOTHING: SessionCounts = {
  subscriptions: 0,
  transit: 0,
  namespaces: 0,
  tracks: 0,
  parkedStreams: 0,
};

import { type Clock, done, type Log, noTracing, type Outcome, refused } from "@qumo/shared/runtime";
import type { Namespace } from "@qumo/shared/wire";
import { DEFAULTS } from "../config.ts";
import type { RelayMetrics } from "../metrics.ts";
import { isLite, linkDialect } from "../session/negotiate.ts";
import { clientGate } from "../session/rights.ts";
import type { Session, SessionResult } from "../session/session.ts";
import { StreamBudget } from "../session/stream_budget.ts";
import { sessionSettings } from "../session_settings.ts";
import type { Publisher, Refusal, Scope } from "../track/mod.ts";
import type { Connection } from "../transport/mod.ts";
import { callRelay } from "./call_relay.ts";
import { ClientModel } from "./client_model.ts";
import { EXIT, type Failure } from "./command.ts";
import { sessionEnd } from "./failures.ts";
import { MAX_NAMES } from "./limits.ts";
import type { Target } from "./target.ts";

/** How a session with a relay is opened. */
export interface ClientSessionOptions {
  readonly target: Target;
  readonly clock: Clock;
  readonly log: Log;
  /** Called with the relay's answer to each namespace that is published, where it gives one. */
  readonly announced?: (refusal: Refusal | undefined) => void;
  /** Called for each namespace of the relay, which is asked for them; what is returned withdraws it. */
  readonly advertise?: (namespace: Namespace) => () => void;
  /** Of other sessions too, which this one follows. */
  readonly model?: ClientModel;
  /** Counts them. */
  readonly id?: number;
}

interface ClientSessionParts {
  readonly model: ClientModel;
  readonly isOwnModel: boolean;
  readonly publisher: Publisher;
  readonly setUpMs: number;
  readonly over: Promise<SessionResult>;
  readonly session: Session;
  /** Resolves as soon as the connection has ended. */
  readonly closed: Promise<unknown>;
}

/**
 * A session with a relay, as its publisher and its subscriber: the relay's own sessions over a registry
 * that nobody else is in.
 */
export class ClientSession {
  readonly metrics: RelayMetrics;
  /** What is published in it the relay is told of. */
  readonly scope: Scope;
  /** The relay. */
  readonly publisher: Publisher;
  /** Milliseconds from the call until the session was there. */
  readonly setUpMs: number;
  /** Resolves when the session has ended; never rejects. */
  readonly over: Promise<SessionResult>;
  readonly #parts: ClientSessionParts;
  #isOver = false;

  private constructor(parts: ClientSessionParts) {
    this.#parts = parts;
    this.metrics = parts.model.metrics;
    this.scope = parts.model.scope;
    this.publisher = parts.publisher;
    this.setUpMs = parts.setUpMs;
    this.over = parts.over;
    void parts.closed.then(() => this.#isOver = true);
  }

  /** Calls the relay and begins a session. */
  static async open(options: ClientSessionOptions): Promise<Outcome<ClientSession, Failure>> {
    const { target, clock } = options;
    const started = clock.now();
    const called = await callRelay(target, clock);
    if (!called.ok) return called;
    const model = options.model ?? new ClientModel(clock);
    const isOwnModel = options.model === undefined;
    const session = begin(called.value, model, options);
    const over = session.run();
    const established = await session.established;
    if (established === undefined) {
      if (isOwnModel) model.leave();
      return refused({ text: sessionEnd(target, await over), code: EXIT.noRelay });
    }
    const setUpMs = clock.now() - started;
    const publisher = established.publisher("");
    const { closed } = called.value;
    return done(
      new ClientSession({ model, isOwnModel, publisher, setUpMs, over, session, closed }),
    );
  }

  /** Whether its connection has ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get protocol(): string {
    return this.#parts.session.protocol;
  }

  /** Subscriptions of the relay. */
  get subscriptions(): number {
    return this.#parts.session.counts.subscriptions;
  }

  /**
   * The scope, in which what the relay has can be opened from now on. Not of a session that publishes:
   * a relay that asks it for a track that it has not would be asked for it in turn, without end.
   */
  receiving(): Scope {
    this.scope.elsewhere = this.publisher;
    return this.scope;
  }

  /** By what it is connected. */
  get transport(): Connection["transport"] {
    return this.#parts.session.connection.transport;
  }

  /** Ends the session, and waits until it has. */
  async close(): Promise<void> {
    const { session, model, isOwnModel } = this.#parts;
    session.close("done");
    await this.over;
    if (isOwnModel) model.leave();
  }
}

function begin(
  connection: Connection,
  { registry, metrics }: ClientModel,
  { target, clock, log, advertise, announced, id = 1 }: ClientSessionOptions,
): Session {
  const { path, authority, token } = target;
  const { limits, ...settings } = sessionSettings(DEFAULTS);
  // Some dialects cannot ask for names without being offered the tracks behind them.
  const bounds = advertise === undefined
    ? limits
    : { ...limits, maxNamespaces: MAX_NAMES, maxPublishedTracks: 0 };
  return linkDialect(connection.protocol).begin({
    id,
    role: "client",
    connection,
    clock,
    log,
    tracing: noTracing,
    metrics,
    settings: { ...settings, limits: bounds },
    streamBudget: new StreamBudget(),
    registry,
    scopeOf: () => "",
    gate: clientGate,
    // It is no relay.
    hop: 0n,
    link: {
      path,
      authority,
      scope: "",
      ...(token !== undefined && { token: tokenOf(token) }),
      // Where it is announced unasked, it is not said again to who asks.
      shows: isLite(connection.protocol ?? "") ? "local" : "none",
      ...(announced !== undefined && { announced: (_namespace, refusal) => announced(refusal) }),
      // A relay may tell a publisher of its own names, of which it must not ask the relay then.
      advertise: advertise ?? (() => () => {}),
      solicits: advertise !== undefined,
      onLeaving: () => {},
    },
  });
}

function tokenOf(token: string) {
  return {
    isInPath: true,
    first: () => Promise.resolve(token),
    next: () => Promise.resolve(undefined),
  };
}

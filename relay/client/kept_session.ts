import {
  Backoff,
  type Clock,
  done,
  messageOf,
  type Outcome,
  short,
  sleep,
} from "@qumo/shared/runtime";
import { Attempts, LOOK_EVERY_MS, Redial } from "../page/files/redial.js";
import type { SessionResult } from "../session/session.ts";
import type { Refusal } from "../track/mod.ts";
import { ClientModel } from "./client_model.ts";
import { ClientSession, type ClientSessionOptions } from "./client_session.ts";
import { type Call, EXIT, type Failure } from "./command.ts";
import { sessionEnd } from "./failures.ts";
import type { Target } from "./target.ts";
import {
  BESIDE_CONNECT_MS,
  HEALTHY_MS,
  RETIRE_MS,
  RETRY_FIRST_MS,
  RETRY_MOST_MS,
} from "./limits.ts";

/** What is used of a session. */
type OpenSession = Pick<
  ClientSession,
  | "publisher"
  | "protocol"
  | "transport"
  | "setUpMs"
  | "subscriptions"
  | "isOver"
  | "over"
  | "receiving"
  | "close"
>;

/** What is used of the command that was called. */
type KeptCall = Pick<Call, "target" | "resolveTarget" | "words" | "log"> & {
  readonly process: Pick<Call["process"], "clock" | "stderr">;
};

/** What a {@linkcode KeptSession} is for. */
export interface KeptSessionOptions {
  /** Whether what the relay has is received; otherwise something is published. */
  readonly receives: boolean;
  /** For how long it is tried to come back, in milliseconds; 0: not at all. */
  readonly retryMs: number;
  /** Calls the relay; absent: as {@linkcode ClientSession} does. */
  readonly open?: (options: ClientSessionOptions) => Promise<Outcome<OpenSession, Failure>>;
}

/**
 * A session with a relay that comes back when it is lost, and which another one replaces when nothing
 * comes by it any more. What is published and received goes on with the next session.
 */
export class KeptSession {
  readonly model: ClientModel;
  /** Says something to people. */
  say: (text: string) => void;
  readonly #call: KeptCall;
  readonly #clock: Clock;
  readonly #options: KeptSessionOptions;
  readonly #over = Promise.withResolvers<Failure>();
  readonly #stop = new AbortController();
  readonly #redial = new Redial();
  readonly #backoff: Backoff;
  readonly #attempts: Attempts<OpenSession>;
  #session!: OpenSession;
  // With the certificate that the relay had when it was last called.
  #target: Target;
  #count = 0;
  #isAway = false;
  #awaySince = 0;
  #backSince = -Infinity;
  #nextAt = 0;
  // Why the last attempt failed.
  #failure: Failure | undefined;

  private constructor(call: KeptCall, options: KeptSessionOptions) {
    const { clock, stderr } = call.process;
    this.#call = call;
    this.#target = call.target;
    this.#clock = clock;
    this.#options = options;
    this.model = new ClientModel(clock);
    this.say = (text) => stderr.write(`${text}\n`);
    this.#backoff = new Backoff({
      first: RETRY_FIRST_MS,
      cap: RETRY_MOST_MS,
      healthyAfter: HEALTHY_MS,
      random: Math.random,
    }, clock);
    this.#attempts = new Attempts({
      dial: () => this.#dial(),
      won: (session) => this.#won(session),
      failed: (error) => this.#failed(error),
      close: (session) => void session.close(),
    });
  }

  /** Calls the relay; a first call that fails is not repeated. */
  static async open(
    call: KeptCall,
    options: KeptSessionOptions,
  ): Promise<Outcome<KeptSession, Failure>> {
    const kept = new KeptSession(call, options);
    const opened = await kept.#open(true);
    if (!opened.ok) {
      kept.model.leave();
      return opened;
    }
    kept.#begin(opened.value);
    void kept.#run();
    return done(kept);
  }

  /** The newest session. */
  get session(): OpenSession {
    return this.#session;
  }

  /** Resolves with why there will be no session any more. */
  get over(): Promise<Failure> {
    return this.#over.promise;
  }

  /** Whether there is no session, or has been one again for less than so many milliseconds. */
  isAway(within: number): boolean {
    return this.#isAway || this.#session.isOver || this.#clock.now() - this.#backSince < within;
  }

  /** Media came by the session. */
  came(): void {
    this.#redial.came(this.#clock.now());
    if (!this.#isAway) this.#attempts.abandon();
  }

  /** Ends the session, and waits until it has. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#attempts.abandon();
    await this.#session.close();
    this.model.leave();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await sleep(this.#clock, LOOK_EVERY_MS, signal);
      if (!signal.aborted) this.#look(this.#clock.now());
    }
  }

  #look(now: number): void {
    if (!this.#isAway) {
      if (this.#options.receives && this.#redial.look(now)) this.#attempts.begin();
      return;
    }
    if (now - this.#awaySince > this.#options.retryMs) return this.#giveUp();
    if (now < this.#nextAt) return;
    this.#nextAt = now + this.#backoff.failed();
    this.#attempts.begin();
  }

  async #dial(): Promise<OpenSession> {
    const opened = await this.#open();
    if (!opened.ok) throw new CallFailed(opened.refusal);
    return opened.value;
  }

  async #open(isFirst = false): Promise<Outcome<OpenSession, Failure>> {
    const { process: { clock }, log } = this.#call;
    const target = await this.#targetOf(isFirst);
    const { open = (options) => ClientSession.open(options) } = this.#options;
    const opening = open({
      ...{ target, clock, log, model: this.model, id: ++this.#count },
      announced: (refusal) => {
        if (refusal !== undefined) {
          void opening.then((one) => one.ok && this.#refused(one.value, refusal));
        }
      },
    });
    return await opening;
  }

  /** Beside a session that may still live the relay is the same, and has not long to answer. */
  async #targetOf(isFirst: boolean): Promise<Target> {
    if (isFirst || this.#isAway || this.#failure !== undefined) {
      return this.#target = await this.#call.resolveTarget();
    }
    return { ...this.#target, connectMs: Math.min(this.#target.connectMs, BESIDE_CONNECT_MS) };
  }

  #begin(session: OpenSession): void {
    this.#session = session;
    this.#isAway = false;
    this.#failure = undefined;
    this.#redial.rest();
    this.#backoff.succeeded();
    if (this.#options.receives) session.receiving();
    void session.over.then((result) => this.#lost(session, result));
  }

  #lost(session: OpenSession, result: SessionResult): void {
    if (session !== this.#session || this.#stop.signal.aborted) return;
    const now = this.#clock.now();
    this.#failure ??= { text: sessionEnd(this.#call.target, result), code: EXIT.noRelay };
    this.#isAway = true;
    if (now - this.#backSince >= HEALTHY_MS) this.#awaySince = now;
    this.#nextAt = now + this.#backoff.failed();
    if (this.#options.retryMs === 0) return this.#giveUp();
    this.say(`${this.#failure.text}; calling again`);
  }

  #won(session: OpenSession): void {
    if (this.#stop.signal.aborted) return void session.close();
    const { target: { authority } } = this.#call;
    const [before, wasAway, now] = [this.#session, this.#isAway, this.#clock.now()];
    this.#begin(session);
    this.#backSince = now;
    if (wasAway) {
      this.say(`${authority} answers again, after ${short((now - this.#awaySince) / 1_000)} s`);
      return;
    }
    this.say(`Nothing came from ${authority} any more: it goes on with a new session`);
    void this.#move(before, now);
  }

  /** Lets the tracks that are received come by the new session, and then ends the other one. */
  async #move(before: OpenSession, now: number): Promise<void> {
    const { scope } = this.model;
    const entries = [...scope.tracks].filter(({ feeds }) => feeds.demand > 0);
    for (const { feeds } of entries) void feeds.connect([this.#session.publisher], { past: true });
    const hasCome = () => entries.some(({ track }) => (track.lastArrival ?? 0) > now);
    while (!hasCome() && this.#clock.now() - now < RETIRE_MS && !this.#stop.signal.aborted) {
      await sleep(this.#clock, LOOK_EVERY_MS / 4, this.#stop.signal);
    }
    await before.close();
  }

  #failed(error: unknown): void {
    this.#failure = error instanceof CallFailed
      ? error.failure
      : { text: messageOf(error), code: EXIT.noRelay };
  }

  /** The relay does not let it be published: at first that is final, and later it may be for a while. */
  #refused(session: OpenSession, { reason }: Refusal): void {
    const { target: { authority }, words: [name] } = this.#call;
    const text = `${authority} does not let ${name} be published: ${reason}`;
    this.#failure = { text, code: EXIT.refused };
    if (this.#count === 1) this.#giveUp();
    else void session.close();
  }

  #giveUp(): void {
    this.#stop.abort();
    this.#attempts.abandon();
    this.#over.resolve(this.#failure!);
  }
}

/** An attempt failed, for which a person would be told this. */
class CallFailed extends Error {
  override readonly name = "CallFailed";
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.text);
    this.failure = failure;
  }
}

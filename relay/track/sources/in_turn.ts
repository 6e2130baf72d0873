import { type Clock, done, type Outcome, refused, type Timer } from "@qumo/shared/runtime";
import type { FullTrackName } from "@qumo/shared/wire";
import type { Refusal } from "../errors.ts";
import { ASK_NEXT_MS, MAX_ASKED_IN_TURN } from "../limits.ts";
import type {
  FetchAnswer,
  FetchedObject,
  FetchRequest,
  FetchSink,
  PendingFetch,
  Publisher,
  TrackStatus,
} from "./publisher.ts";
import type { RefusalKind } from "../../vocabulary.ts";

/** Who can be asked for what a track has, without a subscription. */
export type PastSource = Pick<Publisher, "fetch" | "trackStatus">;

/** One question to one publisher. */
interface Question<T> {
  readonly answer: Promise<Outcome<T, Refusal>>;
  cancel(): void;
}

/**
 * Those who may have a track, asked one after the other while they do not have it, or do not answer:
 * who has a namespace need not have every track in it (#subscriber-interactions). One that is silent
 * is waited for only as long as there is no other to ask.
 */
export class InTurn implements PastSource {
  readonly #publishers: readonly PastSource[];
  readonly #clock: Clock;

  /** The first of the publishers is asked first, and of many no more than a few. */
  constructor(publishers: readonly PastSource[], clock: Clock) {
    this.#publishers = publishers.slice(0, MAX_ASKED_IN_TURN);
    this.#clock = clock;
  }

  fetch(request: FetchRequest, sink: FetchSink): PendingFetch {
    const [only, ...others] = this.#publishers;
    if (only !== undefined && others.length === 0) return only.fetch(request, sink);
    return new FetchInTurn(this.#publishers, { request, sink, clock: this.#clock });
  }

  async trackStatus(
    name: FullTrackName,
    via?: readonly string[],
  ): Promise<Outcome<TrackStatus, Refusal>> {
    const ask = (publisher: PastSource): Question<TrackStatus> => ({
      answer: publisher.trackStatus(name, via),
      cancel: () => {},
    });
    const asking = new Asking<TrackStatus, Question<TrackStatus>>(
      this.#publishers,
      ask,
      this.#clock,
    );
    const outcome = await asking.outcome;
    return outcome.ok ? done(outcome.value.value) : outcome;
  }
}

/** Asks in turn until one agrees; the others are cancelled then. */
class Asking<T, Q extends Question<T>> {
  /** Who agreed, and to what; or the refusal of the first. Never rejects. */
  readonly outcome: Promise<Outcome<{ question: Q; value: T }, Refusal>>;
  readonly #left: PastSource[];
  readonly #ask: (publisher: PastSource) => Q;
  readonly #clock: Clock;
  readonly #pending = new Set<Q>();
  #settle: (outcome: Outcome<{ question: Q; value: T }, Refusal>) => void = () => {};
  #refusal: Refusal | undefined;
  #timer: Timer | undefined;
  #isOver = false;

  constructor(publishers: readonly PastSource[], ask: (publisher: PastSource) => Q, clock: Clock) {
    this.#left = [...publishers];
    this.#ask = ask;
    this.#clock = clock;
    this.outcome = new Promise((resolve) => this.#settle = resolve);
    this.#next();
  }

  /** Nobody waits for an answer any more. */
  cancel(): void {
    this.#end(refused(CANCELLED));
  }

  #next(): void {
    this.#timer?.cancel();
    const publisher = this.#left.shift();
    if (publisher === undefined) {
      if (this.#pending.size === 0) this.#end(refused(this.#refusal ?? NOBODY));
      return;
    }
    const question = this.#ask(publisher);
    this.#pending.add(question);
    if (this.#left.length > 0) this.#timer = this.#clock.after(ASK_NEXT_MS, () => this.#next());
    void question.answer.then((outcome) => this.#answered(question, outcome));
  }

  #answered(question: Q, outcome: Outcome<T, Refusal>): void {
    if (this.#isOver) return;
    this.#pending.delete(question);
    if (outcome.ok) return this.#end(done({ question, value: outcome.value }));
    this.#refusal ??= outcome.refusal;
    if (!ANOTHER_MAY.has(outcome.refusal.kind)) return this.#end(outcome);
    this.#next();
  }

  #end(outcome: Outcome<{ question: Q; value: T }, Refusal>): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    for (const question of this.#pending) question.cancel();
    this.#settle(outcome);
  }
}

interface FetchInTurnInit {
  readonly request: FetchRequest;
  readonly sink: FetchSink;
  readonly clock: Clock;
}

/** A fetch of the first publisher that agrees to it. */
class FetchInTurn implements PendingFetch {
  readonly answer: Promise<Outcome<FetchAnswer, Refusal>>;
  readonly finished: Promise<Outcome<void, Refusal>>;
  readonly #asking: Asking<FetchAnswer, PendingFetch>;
  readonly #gates = new Map<PendingFetch, Gate>();
  #chosen: PendingFetch | undefined;

  constructor(publishers: readonly PastSource[], { request, sink, clock }: FetchInTurnInit) {
    const ask = (publisher: PastSource): PendingFetch => {
      const gate = new Gate(sink);
      const fetch = publisher.fetch(request, gate);
      this.#gates.set(fetch, gate);
      return fetch;
    };
    this.#asking = new Asking(publishers, ask, clock);
    this.answer = this.#choose();
    this.finished = this.#finish();
  }

  cancel(): void {
    this.#asking.cancel();
    this.#chosen?.cancel();
  }

  async #choose(): Promise<Outcome<FetchAnswer, Refusal>> {
    const outcome = await this.#asking.outcome;
    this.#chosen = outcome.ok ? outcome.value.question : undefined;
    for (const [fetch, gate] of this.#gates) gate.decide(fetch === this.#chosen);
    return outcome.ok ? done(outcome.value.value) : outcome;
  }

  async #finish(): Promise<Outcome<void, Refusal>> {
    const answer = await this.answer;
    if (!answer.ok) return answer;
    return await this.#chosen!.finished;
  }
}

/** Lets the objects of one publisher through once it is chosen, and none if it is not. */
class Gate implements FetchSink {
  readonly #sink: FetchSink;
  readonly #decided = Promise.withResolvers<boolean>();
  #isOpen: boolean | undefined;
  // What came before the decision; the first object waits for it, so that it is never much.
  #unknown: (readonly [group: bigint, object: bigint]) | undefined;

  constructor(sink: FetchSink) {
    this.#sink = sink;
  }

  decide(isOpen: boolean): void {
    this.#isOpen = isOpen;
    if (isOpen && this.#unknown !== undefined) this.#sink.unknownUpTo(...this.#unknown);
    this.#decided.resolve(isOpen);
  }

  async object(object: FetchedObject): Promise<void> {
    if (this.#isOpen ?? await this.#decided.promise) await this.#sink.object(object);
  }

  unknownUpTo(group: bigint, object: bigint): void {
    if (this.#isOpen === undefined) this.#unknown = [group, object];
    else if (this.#isOpen) this.#sink.unknownUpTo(group, object);
  }
}

/** Refusals of one publisher that say nothing of what another has. */
const ANOTHER_MAY: ReadonlySet<RefusalKind> = new Set([
  "does_not_exist",
  "timeout",
  "not_supported",
  "going_away",
  "internal_error",
]);

const NOBODY: Refusal = { kind: "does_not_exist", reason: "nobody publishes the track" };
const CANCELLED: Refusal = { kind: "timeout", reason: "the request was cancelled" };

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
import type { RefusalKind } from "../../vocabulary/mod.ts";

/** A source of past objects and of the status of tracks. */
export interface PastSource extends Pick<Publisher, "fetch" | "trackStatus"> {
  /** Whether asking costs so little that it is done for each gap, not once for all that follows. */
  readonly isNear?: boolean;
}

/** A pending request to one publisher. */
interface PendingRequest<T> {
  readonly answer: Promise<Outcome<T, Refusal>>;
  cancel(): void;
}

/**
 * Requests past objects of the publishers that may have a track, one after the other until one
 * accepts: a publisher of a namespace need not have every track in it (#subscriber-interactions).
 * One that does not answer in time is still waited for while the next one is asked.
 */
export class InTurn implements PastSource {
  readonly #publishers: readonly PastSource[];
  readonly #clock: Clock;

  /** The publishers are asked in this order, up to {@linkcode MAX_ASKED_IN_TURN}. */
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
    const send = (publisher: PastSource): PendingRequest<TrackStatus> => ({
      answer: publisher.trackStatus(name, via),
      cancel: () => {},
    });
    const requests = new RequestInTurn<TrackStatus, PendingRequest<TrackStatus>>(
      this.#publishers,
      send,
      this.#clock,
    );
    const outcome = await requests.outcome;
    return outcome.ok ? done(outcome.value.value) : outcome;
  }
}

/** Makes a request of each publisher in turn until one accepts, and cancels the others. */
class RequestInTurn<T, R extends PendingRequest<T>> {
  /** The accepted request with its answer, or the first refusal. Never rejects. */
  readonly outcome: Promise<Outcome<{ request: R; value: T }, Refusal>>;
  readonly #left: PastSource[];
  readonly #send: (publisher: PastSource) => R;
  readonly #clock: Clock;
  readonly #pending = new Set<R>();
  #settle: (outcome: Outcome<{ request: R; value: T }, Refusal>) => void = () => {};
  #refusal: Refusal | undefined;
  #timer: Timer | undefined;
  #isOver = false;

  constructor(publishers: readonly PastSource[], send: (publisher: PastSource) => R, clock: Clock) {
    this.#left = [...publishers];
    this.#send = send;
    this.#clock = clock;
    this.outcome = new Promise((resolve) => this.#settle = resolve);
    this.#next();
  }

  /** Cancels the requests. */
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
    const request = this.#send(publisher);
    this.#pending.add(request);
    if (this.#left.length > 0) this.#timer = this.#clock.after(ASK_NEXT_MS, () => this.#next());
    void request.answer.then((outcome) => this.#answered(request, outcome));
  }

  #answered(request: R, outcome: Outcome<T, Refusal>): void {
    if (this.#isOver) return;
    this.#pending.delete(request);
    if (outcome.ok) return this.#end(done({ request, value: outcome.value }));
    this.#refusal ??= outcome.refusal;
    if (!TRY_NEXT.has(outcome.refusal.kind)) return this.#end(outcome);
    this.#next();
  }

  #end(outcome: Outcome<{ request: R; value: T }, Refusal>): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    for (const request of this.#pending) request.cancel();
    this.#settle(outcome);
  }
}

interface FetchInTurnInit {
  readonly request: FetchRequest;
  readonly sink: FetchSink;
  readonly clock: Clock;
}

/** A fetch of the first publisher that accepts it. */
class FetchInTurn implements PendingFetch {
  readonly answer: Promise<Outcome<FetchAnswer, Refusal>>;
  readonly finished: Promise<Outcome<void, Refusal>>;
  readonly #requests: RequestInTurn<FetchAnswer, PendingFetch>;
  readonly #gates = new Map<PendingFetch, Gate>();
  #chosen: PendingFetch | undefined;

  constructor(publishers: readonly PastSource[], { request, sink, clock }: FetchInTurnInit) {
    const send = (publisher: PastSource): PendingFetch => {
      const gate = new Gate(sink);
      const fetch = publisher.fetch(request, gate);
      this.#gates.set(fetch, gate);
      return fetch;
    };
    this.#requests = new RequestInTurn(publishers, send, clock);
    this.answer = this.#choose();
    this.finished = this.#finish();
  }

  cancel(): void {
    this.#requests.cancel();
    this.#chosen?.cancel();
  }

  async #choose(): Promise<Outcome<FetchAnswer, Refusal>> {
    const outcome = await this.#requests.outcome;
    this.#chosen = outcome.ok ? outcome.value.request : undefined;
    for (const [fetch, gate] of this.#gates) gate.decide(fetch === this.#chosen);
    return outcome.ok ? done(outcome.value.value) : outcome;
  }

  async #finish(): Promise<Outcome<void, Refusal>> {
    const answer = await this.answer;
    if (!answer.ok) return answer;
    return await this.#chosen!.finished;
  }
}

/** Passes on the objects of a publisher once it is chosen, and drops them if it is not. */
class Gate implements FetchSink {
  readonly #sink: FetchSink;
  readonly #decided = Promise.withResolvers<boolean>();
  #isOpen: boolean | undefined;
  // The last mark before the decision; objects wait for the decision.
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

/** Refusals after which the next publisher is asked. */
const TRY_NEXT: ReadonlySet<RefusalKind> = new Set([
  "does_not_exist",
  "timeout",
  "not_supported",
  "going_away",
  "internal_error",
]);

const NOBODY: Refusal = { kind: "does_not_exist", reason: "nobody publishes the track" };
const CANCELLED: Refusal = { kind: "timeout", reason: "the request was cancelled" };

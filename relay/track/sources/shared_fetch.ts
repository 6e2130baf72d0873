import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { compareLocations, type Location } from "@qumo/shared/wire";
import type { Refusal } from "../errors.ts";
import type { PastSource } from "./in_turn.ts";
import { MAX_FETCH_LAG_BYTES } from "../limits.ts";
import type {
  FetchAnswer,
  FetchedObject,
  FetchRequest,
  FetchSink,
  PendingFetch,
} from "./publisher.ts";

/**
 * One fetch for all equal requests that arrive before its first object. It is as fast as its
 * fastest member; a member that lags too far behind gets the rest by a fetch of its own.
 */
export class SharedFetch implements FetchSink {
  readonly #source: PastSource;
  readonly #request: FetchRequest;
  readonly #onClosed: () => void;
  readonly #members = new Set<Member>();
  #fetching: PendingFetch | undefined;
  #isClosed = false;

  /** `onClosed` is called once, when no request can join any more. */
  constructor(source: PastSource, request: FetchRequest, onClosed: () => void) {
    this.#source = source;
    this.#request = request;
    this.#onClosed = onClosed;
  }

  /** Starts the fetch, for the first request. */
  begin(sink: FetchSink): PendingFetch {
    const member = this.#add(sink);
    const fetching = this.#source.fetch(this.#request, this);
    this.#fetching = fetching;
    void fetching.answer.then((answer) => {
      for (const member of this.#members) member.answered(answer);
    });
    void fetching.finished.then((outcome) => {
      this.#close();
      for (const member of this.#members) member.end(outcome);
    });
    return member;
  }

  /** Adds a further request; no object has arrived so far. */
  join(sink: FetchSink): PendingFetch {
    const member = this.#add(sink);
    void this.#fetching?.answer.then((answer) => member.answered(answer));
    return member;
  }

  object(object: FetchedObject): Promise<void> | void {
    return this.#take({ kind: "object", object });
  }

  unknownUpTo(group: bigint, object: bigint): void {
    void this.#take({ kind: "unknown", group, object });
  }

  #add(sink: FetchSink): Member {
    const member = new Member(sink, () => this.#left(member));
    this.#members.add(member);
    return member;
  }

  #left(member: Member): void {
    this.#members.delete(member);
    if (this.#members.size > 0) return;
    this.#close();
    this.#fetching?.cancel();
  }

  #take(item: Item): Promise<void> | void {
    this.#close();
    if (this.#members.size === 0) return;
    for (const member of this.#members) member.take(item);
    const waits = [...this.#members].map((member) => member.drained);
    const isWaiting = waits.every((wait) => wait !== undefined);
    // A member that waits for nothing takes the next object.
    if (!isWaiting) return this.#leaveSlow();
    return Promise.race(waits as Promise<void>[]).then(() => this.#leaveSlow());
  }

  #leaveSlow(): void {
    if (this.#members.size < 2) return;
    for (const member of [...this.#members]) {
      if (member.waiting <= MAX_FETCH_LAG_BYTES) continue;
      this.#members.delete(member);
      member.goOn(this.#source, this.#request);
    }
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClosed();
  }
}

/** An item of a fetch. */
type Item =
  | { readonly kind: "object"; readonly object: FetchedObject }
  | { readonly kind: "unknown"; readonly group: bigint; readonly object: bigint };

/** The part of one request in a shared fetch. */
class Member implements PendingFetch {
  readonly answer: Promise<Outcome<FetchAnswer, Refusal>>;
  readonly finished: Promise<Outcome<void, Refusal>>;
  readonly #sink: FetchSink;
  readonly #onLeft: () => void;
  readonly #answer = Promise.withResolvers<Outcome<FetchAnswer, Refusal>>();
  readonly #finished = Promise.withResolvers<Outcome<void, Refusal>>();
  readonly #queue: Item[] = [];
  #waiting = 0;
  #last: Location | undefined;
  // Resolves when the sink has all items so far.
  #draining: Promise<void> | undefined;
  #own: PendingFetch | undefined;
  #isOver = false;

  constructor(sink: FetchSink, onLeft: () => void) {
    this.#sink = sink;
    this.#onLeft = onLeft;
    this.answer = this.#answer.promise;
    this.finished = this.#finished.promise;
  }

  /** The bytes that wait for the sink. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Resolves when the sink has taken all items; undefined when it has. */
  get drained(): Promise<void> | undefined {
    return this.#draining;
  }

  answered(answer: Outcome<FetchAnswer, Refusal>): void {
    this.#answer.resolve(answer);
  }

  take(item: Item): void {
    if (this.#isOver) return;
    this.#queue.push(item);
    this.#waiting += bytesOf(item);
    const group = item.kind === "object" ? item.object.group : item.group;
    const object = item.kind === "object" ? BigInt(item.object.object) : item.object;
    this.#last = { group, object };
    this.#draining ??= this.#drain();
  }

  /** The shared fetch has ended. */
  async end(outcome: Outcome<void, Refusal>): Promise<void> {
    await this.#draining;
    this.#settle(outcome);
  }

  /** Leaves the shared fetch and gets the rest by a fetch of its own. */
  async goOn(source: PastSource, request: FetchRequest): Promise<void> {
    await this.#draining;
    if (this.#isOver) return;
    const start = this.#last === undefined ? request.start : behind(this.#last);
    if (compareLocations(start, request.end) > 0) return this.#settle(done(undefined));
    this.#own = source.fetch({ ...request, start }, this.#sink);
    this.#settle(await this.#own.finished);
  }

  cancel(): void {
    if (this.#isOver) return;
    this.#own?.cancel();
    this.#settle(refused(CANCELLED));
    this.#onLeft();
  }

  async #drain(): Promise<void> {
    // `#draining` must be assigned first.
    await undefined;
    try {
      for (let item = this.#queue.shift(); item !== undefined; item = this.#queue.shift()) {
        if (item.kind === "unknown") this.#sink.unknownUpTo(item.group, item.object);
        else await this.#sink.object(item.object);
        this.#waiting -= bytesOf(item);
      }
    } catch {
      // The receiver has ended.
      this.cancel();
    } finally {
      this.#draining = undefined;
    }
  }

  #settle(outcome: Outcome<void, Refusal>): void {
    this.#isOver = true;
    this.#queue.length = 0;
    if (!outcome.ok) this.#answer.resolve(outcome);
    this.#finished.resolve(outcome);
  }
}

function bytesOf(item: Item): number {
  return item.kind === "unknown" ? 0 : item.object.payload.length + item.object.properties.length;
}

/** The location right after another; after the largest object id, the next group. */
function behind({ group, object }: Location): Location {
  return object < MAX_OBJECT ? { group, object: object + 1n } : { group: group + 1n, object: 0n };
}

// A mark for a whole group uses the largest id that can be encoded.
const MAX_OBJECT = BigInt(Number.MAX_SAFE_INTEGER);

const CANCELLED: Refusal = { kind: "timeout", reason: "the fetch was cancelled" };

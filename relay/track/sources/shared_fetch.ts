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
 * One fetch for all who asked for the same before its first object came. It goes as fast as the fastest
 * of them; who is too far behind that is given the rest by a fetch of its own.
 */
export class SharedFetch implements FetchSink {
  readonly #source: PastSource;
  readonly #request: FetchRequest;
  readonly #onClosed: () => void;
  readonly #members = new Set<Member>();
  #fetching: PendingFetch | undefined;
  #isClosed = false;

  /** `onClosed` is called once when nobody can join any more. */
  constructor(source: PastSource, request: FetchRequest, onClosed: () => void) {
    this.#source = source;
    this.#request = request;
    this.#onClosed = onClosed;
  }

  /** Asks, for the first who wants it. */
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

  /** Gives a further one what comes; nothing has come so far. */
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
    for (const member of this.#members) member.take(item);
    const waits = [...this.#members].map((member) => member.drained);
    const isWaiting = waits.every((wait) => wait !== undefined);
    // There is always one that is not behind: the fastest.
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

/** What comes by a fetch. */
type Item =
  | { readonly kind: "object"; readonly object: FetchedObject }
  | { readonly kind: "unknown"; readonly group: bigint; readonly object: bigint };

/** One who takes part in a shared fetch, as a fetch of its own. */
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
  // Resolves when all that came was given to the sink.
  #draining: Promise<void> | undefined;
  #own: PendingFetch | undefined;
  #isOver = false;

  constructor(sink: FetchSink, onLeft: () => void) {
    this.#sink = sink;
    this.#onLeft = onLeft;
    this.answer = this.#answer.promise;
    this.finished = this.#finished.promise;
  }

  /** Bytes that came and that the sink has not taken. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Resolves when nothing waits; undefined when that is so. */
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

  /** Nothing more comes. */
  async end(outcome: Outcome<void, Refusal>): Promise<void> {
    await this.#draining;
    this.#settle(outcome);
  }

  /** The others are ahead: the rest comes by a fetch of its own. */
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
    // Not before the caller has noted that this goes on.
    await undefined;
    try {
      for (let item = this.#queue.shift(); item !== undefined; item = this.#queue.shift()) {
        if (item.kind === "unknown") this.#sink.unknownUpTo(item.group, item.object);
        else await this.#sink.object(item.object);
        this.#waiting -= bytesOf(item);
      }
    } catch {
      // Who wanted it is over.
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

/** The location right behind another; where ids end, the next group. */
function behind({ group, object }: Location): Location {
  return object < MAX_OBJECT ? { group, object: object + 1n } : { group: group + 1n, object: 0n };
}

// Marks of whole groups name the largest id that can be written.
const MAX_OBJECT = BigInt(Number.MAX_SAFE_INTEGER);

const CANCELLED: Refusal = { kind: "timeout", reason: "the fetch was cancelled" };

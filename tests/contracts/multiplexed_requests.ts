import { type ControlMessage, type ParameterRules, type StreamErrorName } from "@qumo/shared/wire";
import type { RequestChannel, Requests } from "../../relay/session/moqt/requests/requests.ts";
import { TransportError } from "../../relay/transport/mod.ts";
import { Queue } from "../support/peers/queue.ts";
import { referenceDraft } from "../support/reference_draft.ts";

/** What goes over the one stream that all requests share, in order. */
type Envelope =
  | { readonly id: bigint; readonly message: ControlMessage }
  /** The sender says no more on the request. */
  | { readonly id: bigint; readonly end: "finished" | "cancelled" }
  /** The receiver may begin so many requests in all. */
  | { readonly allowed: number };

/**
 * Requests of drafts 14 to 16 in all but their bytes: every message goes over one stream and names its
 * request, and a peer begins no more of them than it was allowed. Made for the contract of requests:
 * what it says to the other end it hands over as it is.
 */
export class MultiplexedRequests implements Requests {
  readonly #channels = new Map<bigint, MultiplexedChannel>();
  readonly #arrived = new Queue<RequestChannel>();
  readonly #waiting: (() => void)[] = [];
  #peer: MultiplexedRequests | undefined;
  #credit: number;
  #isOver = false;

  private constructor(credit: number) {
    this.#credit = credit;
  }

  /** Two ends of one session; each may have begun so many requests. */
  static pair(credit: number): [MultiplexedRequests, MultiplexedRequests] {
    const [one, other] = [new MultiplexedRequests(credit), new MultiplexedRequests(credit)];
    one.#peer = other;
    other.#peer = one;
    return [one, other];
  }

  async open(): Promise<RequestChannel> {
    while (this.#credit === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#isOver) throw over();
    this.#credit--;
    return this.#channel("us", undefined);
  }

  accept(): Promise<RequestChannel | undefined> {
    return this.#arrived.next();
  }

  /** Ends the session, for both. */
  close(): void {
    for (const end of [this, this.#peer!]) end.#end();
  }

  #end(): void {
    this.#isOver = true;
    this.#arrived.end();
    for (const wake of this.#waiting.splice(0)) wake();
    for (const channel of this.#channels.values()) channel.broken(over());
  }

  #channel(begunBy: "us" | "peer", id: bigint | undefined): MultiplexedChannel {
    return new MultiplexedChannel(id, {
      named: (id, channel) => void this.#channels.set(id, channel),
      say: (envelope) => this.#say(envelope),
      ended: (id) => {
        this.#channels.delete(id);
        if (begunBy === "peer") this.#say({ allowed: 1 });
      },
    });
  }

  #say(envelope: Envelope): void {
    const peer = this.#peer!;
    queueMicrotask(() => peer.#receive(envelope));
  }

  #receive(envelope: Envelope): void {
    if ("allowed" in envelope) {
      this.#credit += envelope.allowed;
      return this.#waiting.shift()?.();
    }
    const { id } = envelope;
    let channel = this.#channels.get(id);
    if (channel === undefined) {
      // What comes for a request that is over has crossed its end.
      if (!("message" in envelope) || !("requestId" in envelope.message)) return;
      channel = this.#channel("peer", id);
      this.#channels.set(id, channel);
      this.#arrived.push(channel);
    }
    channel.receive(envelope);
  }
}

/** What a channel needs of those it is multiplexed with. */
interface Line {
  readonly named: (id: bigint, channel: MultiplexedChannel) => void;
  readonly say: (envelope: Envelope) => void;
  /** Both sides said their last. */
  readonly ended: (id: bigint) => void;
}

class MultiplexedChannel implements RequestChannel {
  // Which parameters go where is their draft's, and not decided yet.
  readonly rules: ParameterRules = referenceDraft.parameters;
  readonly probeCount = 0;
  readonly #line: Line;
  readonly #messages: ControlMessage[] = [];
  readonly #readers: PromiseWithResolvers<ControlMessage | undefined>[] = [];
  readonly #stopped: (() => void)[] = [];
  // Known from the first message on where the request is ours.
  #id: bigint | undefined;
  #ahead: Promise<ControlMessage | undefined> | undefined;
  #sentCount = 0;
  #hasSaidAll = false;
  #hasHeardAll = false;
  #failure: TransportError | undefined;

  constructor(id: bigint | undefined, line: Line) {
    this.#id = id;
    this.#line = line;
  }

  /** Whoever speaks chooses them here. */
  nextId(): bigint {
    return 0n;
  }

  get sentCount(): number {
    return this.#sentCount;
  }

  get awaitsPeer(): boolean {
    return this.#readers.length > 0;
  }

  next(): Promise<ControlMessage | undefined> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    return ahead ?? this.#read();
  }

  #read(): Promise<ControlMessage | undefined> {
    const message = this.#messages.shift();
    if (message !== undefined) return Promise.resolve(message);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#hasHeardAll) return Promise.resolve(undefined);
    const reader = Promise.withResolvers<ControlMessage | undefined>();
    this.#readers.push(reader);
    return reader.promise;
  }

  send(message: ControlMessage): void {
    if (this.#hasSaidAll) return;
    if (this.#id === undefined) {
      if (!("requestId" in message)) throw new Error(`${message.kind} begins no request`);
      this.#id = message.requestId!;
      this.#line.named(this.#id, this);
    }
    this.#sentCount++;
    this.#line.say({ id: this.#id, message });
  }

  trySend(message: ControlMessage): boolean {
    this.send(message);
    return true;
  }

  finish(): void {
    this.#sayLast("finished");
  }

  cancel(_code: StreamErrorName): void {
    this.#fail(new TransportError("reset", 0, "Cannot read: stopped on this side"));
    this.#sayLast("cancelled");
  }

  async drain(): Promise<void> {
    while (await this.next() !== undefined);
  }

  onStopped(callback: () => void): void {
    this.#stopped.push(callback);
  }

  /** A peer that cancels says so. */
  hasStopped(): Promise<boolean> {
    return Promise.resolve(false);
  }

  hold(onEnd: () => void, { byFin }: { readonly byFin: boolean }): { release(): void } {
    let held = true;
    const ahead = this.#ahead = this.next();
    ahead.then(
      (message) => byFin && message === undefined && held && onEnd(),
      () => held && onEnd(),
    );
    return { release: () => void (held = false) };
  }

  receive(envelope: Exclude<Envelope, { allowed: number }>): void {
    if ("message" in envelope) return this.#take(envelope.message);
    if (envelope.end === "finished") this.#heardAll();
    else this.broken(new TransportError("reset", 0, "The peer cancelled the request"));
  }

  /** The peer broke it off, or the session ended: in both directions. */
  broken(failure: TransportError): void {
    this.#fail(failure);
    if (this.#hasSaidAll) return;
    for (const tell of this.#stopped.splice(0)) tell();
    this.#sayLast("cancelled");
  }

  #take(message: ControlMessage): void {
    const reader = this.#readers.shift();
    if (reader === undefined) this.#messages.push(message);
    else reader.resolve(message);
  }

  #heardAll(): void {
    this.#hasHeardAll = true;
    for (const reader of this.#readers.splice(0)) reader.resolve(undefined);
    this.#endIfOver();
  }

  #fail(failure: TransportError): void {
    if (this.#hasHeardAll) return;
    this.#failure = failure;
    this.#hasHeardAll = true;
    for (const reader of this.#readers.splice(0)) reader.reject(failure);
    this.#endIfOver();
  }

  #sayLast(end: "finished" | "cancelled"): void {
    if (this.#hasSaidAll) return;
    this.#hasSaidAll = true;
    if (this.#id !== undefined) this.#line.say({ id: this.#id, end });
    this.#endIfOver();
  }

  #endIfOver(): void {
    if (this.#id !== undefined && this.#hasSaidAll && this.#hasHeardAll) this.#line.ended(this.#id);
  }
}

function over(): TransportError {
  return new TransportError("closed", 0, "The session ended");
}

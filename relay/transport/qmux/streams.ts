import { TransportError } from "../errors.ts";
import { Queue } from "../queue.ts";
import type { BidiStream, ReceiveStream, SendStream } from "../types.ts";
import { QmuxCode, QmuxError } from "./codes.ts";
import { CONNECTION_WINDOW, STREAM_WINDOW } from "./limits.ts";
import type { Outbox } from "./outbox.ts";
import { fixedFrame } from "./pending_frame.ts";
import type { TransportParameters } from "./parameters.ts";
import { QmuxReceiveStream } from "./receive_stream.ts";
import { QmuxSendStream, type StreamOwner } from "./send_stream.ts";
import { ReceiveWindow, SendCredit } from "./windows.ts";

/** The side of the connection that this is. */
export type Role = "server" | "client";

/** A stream of which at least one half is open. */
interface Entry {
  readonly id: number;
  readonly send: QmuxSendStream | undefined;
  readonly receive: QmuxReceiveStream | undefined;
  open: number;
  /** Whether the application has it. */
  isTaken: boolean;
}

// The two low bits of a stream id (RFC 9000, section 2.1).
const SERVER = 0x1;
const UNI = 0x2;

/** Streams of one direction and one kind that this side opens. */
interface Outgoing {
  next: number;
  readonly credit: SendCredit;
  readonly waiting: (() => void)[];
}

/** Streams of one kind that the peer opens. */
interface Incoming {
  readonly window: ReceiveWindow;
  readonly queue: Queue<Entry>;
}

/** How many streams a peer may have open. */
export interface StreamLimits {
  readonly maxBidiStreams: number;
  readonly maxUniStreams: number;
}

/** The streams of a connection: who may open how many, and which are open. */
export class Streams implements StreamOwner {
  readonly #outbox: Outbox;
  /** What was received of all streams. */
  readonly received: ReceiveWindow;
  readonly #own: number;
  readonly #streams = new Map<number, Entry>();
  readonly #byHalf = new Map<object, Entry>();
  readonly #incoming: Readonly<Record<"bidi" | "uni", Incoming>>;
  readonly #outgoing: Readonly<Record<"bidi" | "uni", Outgoing>> = {
    bidi: { next: 0, credit: new SendCredit(0), waiting: [] },
    uni: { next: 0, credit: new SendCredit(0), waiting: [] },
  };
  #peer: TransportParameters | undefined;
  #failure: TransportError | undefined;

  constructor(outbox: Outbox, role: Role, { maxBidiStreams, maxUniStreams }: StreamLimits) {
    this.#outbox = outbox;
    this.#own = role === "server" ? SERVER : 0;
    this.received = new ReceiveWindow(outbox, {
      window: CONNECTION_WINDOW,
      step: CONNECTION_WINDOW / 2,
      frame: (limit) => ({ kind: "max_data", limit }),
    });
    this.#incoming = {
      bidi: incoming(outbox, "max_streams_bidi", maxBidiStreams),
      uni: incoming(outbox, "max_streams_uni", maxUniStreams),
    };
  }

  /** What the peer declares: how much it takes. */
  begin(peer: TransportParameters): void {
    this.#peer = peer;
    this.#outbox.raise(peer.maxData);
    this.allow("bidi", peer.maxStreamsBidi);
    this.allow("uni", peer.maxStreamsUni);
  }

  /** The peer takes this many streams in all; false when it did before. */
  allow(kind: "bidi" | "uni", limit: number): boolean {
    const { credit, waiting } = this.#outgoing[kind];
    if (!credit.raise(limit)) return false;
    const woken = waiting.splice(0, credit.available);
    credit.use(woken.length);
    for (const wake of woken) wake();
    return true;
  }

  async openUni(): Promise<SendStream> {
    await this.#credit("uni");
    return this.#opened("uni").send!;
  }

  async openBidi(): Promise<BidiStream> {
    await this.#credit("bidi");
    return bidiOf(this.#opened("bidi"));
  }

  async acceptUni(): Promise<ReceiveStream | undefined> {
    const entry = await this.#incoming.uni.queue.take();
    return entry && this.#taken(entry).receive;
  }

  async acceptBidi(): Promise<BidiStream | undefined> {
    const entry = await this.#incoming.bidi.queue.take();
    return entry && bidiOf(this.#taken(entry));
  }

  /** The sending half that a frame is about; undefined when it is over. Throws a {@linkcode QmuxError}. */
  sending(id: number): QmuxSendStream | undefined {
    if ((id & UNI) !== 0 && !this.#isOwn(id)) throw misuse(id, "is not sent on this side");
    return this.#find(id)?.send;
  }

  /** The receiving half that a frame is about; undefined when it is over. Throws a {@linkcode QmuxError}. */
  receiving(id: number): QmuxReceiveStream | undefined {
    if ((id & UNI) !== 0 && this.#isOwn(id)) throw misuse(id, "is not received on this side");
    return this.#find(id)?.receive;
  }

  ended(half: object): void {
    const entry = this.#byHalf.get(half);
    if (entry === undefined) return;
    this.#byHalf.delete(half);
    entry.open--;
    this.#release(entry);
  }

  /** The connection has ended. */
  close(error: TransportError): void {
    this.#failure = error;
    for (const { queue, window } of Object.values(this.#incoming)) {
      window.close();
      queue.close();
    }
    for (const { waiting } of Object.values(this.#outgoing)) {
      for (const wake of waiting.splice(0)) wake();
    }
    this.received.close();
    for (const { send, receive } of this.#streams.values()) {
      send?.fail(error);
      receive?.fail(error);
    }
    this.#streams.clear();
    this.#byHalf.clear();
  }

  #isOwn(id: number): boolean {
    return (id & SERVER) === this.#own;
  }

  async #credit(kind: "bidi" | "uni"): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const { credit, waiting } = this.#outgoing[kind];
    // Taken at once, before others ask.
    if (credit.available > 0) return credit.use(1);
    this.#sayBlocked(kind, credit);
    await new Promise<void>((resolve) => waiting.push(resolve));
    if (this.#failure !== undefined) throw this.#failure;
  }

  #sayBlocked(kind: "bidi" | "uni", credit: SendCredit): void {
    if (this.#peer === undefined || !credit.isNews) return;
    this.#outbox.add(fixedFrame({ kind: `streams_blocked_${kind}`, limit: credit.limit }));
  }

  #opened(kind: "bidi" | "uni"): Entry {
    const outgoing = this.#outgoing[kind];
    const id = 4 * outgoing.next++ + this.#own + (kind === "uni" ? UNI : 0);
    const entry = this.#add(id);
    entry.isTaken = true;
    return entry;
  }

  #taken(entry: Entry): Entry {
    entry.isTaken = true;
    this.#release(entry);
    return entry;
  }

  #find(id: number): Entry | undefined {
    const entry = this.#streams.get(id);
    if (entry !== undefined) return entry;
    const kind = (id & UNI) !== 0 ? "uni" : "bidi";
    const index = Math.floor(id / 4);
    if (!this.#isOwn(id)) return this.#arrived(id, kind, index);
    if (index < this.#outgoing[kind].next) return undefined;
    throw misuse(id, "was never opened");
  }

  /** A stream of the peer; the ones before it are open as well then. */
  #arrived(id: number, kind: "bidi" | "uni", index: number): Entry | undefined {
    const { window, queue } = this.#incoming[kind];
    const first = window.received;
    if (index < first) return undefined;
    if (!window.receive(index + 1 - first)) {
      throw new QmuxError(QmuxCode.streamLimitError, `stream ${id} is one too many`);
    }
    for (let at = first; at <= index; at++) queue.push(this.#add(id - 4 * (index - at)));
    return this.#streams.get(id);
  }

  #add(id: number): Entry {
    const isUni = (id & UNI) !== 0;
    const isOwn = this.#isOwn(id);
    const send = isUni && !isOwn ? undefined : this.#sendHalf(id, isUni, isOwn);
    const receive = isUni && isOwn ? undefined : this.#receiveHalf(id);
    const entry: Entry = { id, send, receive, open: isUni ? 1 : 2, isTaken: false };
    this.#streams.set(id, entry);
    if (send !== undefined) this.#byHalf.set(send, entry);
    if (receive !== undefined) this.#byHalf.set(receive, entry);
    return entry;
  }

  #sendHalf(id: number, isUni: boolean, isOwn: boolean): QmuxSendStream {
    const peer = this.#peer;
    // A stream that we opened is remote for the peer.
    const credit = isUni
      ? peer?.maxStreamDataUni
      : isOwn
      ? peer?.maxStreamDataBidiRemote
      : peer?.maxStreamDataBidiLocal;
    return new QmuxSendStream(id, { outbox: this.#outbox, owner: this, credit: credit ?? 0 });
  }

  #receiveHalf(id: number): QmuxReceiveStream {
    const outbox = this.#outbox;
    return new QmuxReceiveStream(id, {
      outbox,
      owner: this,
      window: STREAM_WINDOW,
      all: this.received,
    });
  }

  // The peer may open another when both halves are over and the application has seen it.
  #release(entry: Entry): void {
    if (entry.open > 0 || !entry.isTaken) return;
    this.#streams.delete(entry.id);
    if (this.#isOwn(entry.id)) return;
    this.#incoming[(entry.id & UNI) !== 0 ? "uni" : "bidi"].window.consume(1);
  }
}

function incoming(
  outbox: Outbox,
  kind: "max_streams_bidi" | "max_streams_uni",
  window: number,
): Incoming {
  return {
    window: new ReceiveWindow(outbox, {
      window,
      step: Math.max(1, Math.floor(window / 8)),
      frame: (limit) => ({ kind, limit }),
    }),
    queue: new Queue(Infinity),
  };
}

function bidiOf({ id, send, receive }: Entry): BidiStream {
  return { id: BigInt(id), send: send!, receive: receive! };
}

function misuse(id: number, what: string): QmuxError {
  return new QmuxError(QmuxCode.streamStateError, `stream ${id} ${what}`);
}

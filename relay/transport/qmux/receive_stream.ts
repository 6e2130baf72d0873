import { TransportError } from "../errors.ts";
import type { Code, ReceiveStream } from "../types.ts";
import { QmuxCode, QmuxError } from "./codes.ts";
import type { Outbox } from "./outbox.ts";
import { fixedFrame } from "./pending_frame.ts";
import type { StreamOwner } from "./send_stream.ts";
import { ReceiveWindow } from "./windows.ts";

/** A read that waits for bytes. */
interface Read {
  readonly into: Uint8Array<ArrayBuffer>;
  readonly resolve: (part: Uint8Array<ArrayBuffer> | undefined) => void;
  readonly reject: (error: TransportError) => void;
}

/** The receiving half of a stream. */
export class QmuxReceiveStream implements ReceiveStream {
  readonly #id: number;
  readonly #outbox: Outbox;
  readonly #owner: StreamOwner;
  // What all streams of the connection have received together.
  readonly #all: ReceiveWindow;
  readonly #window: ReceiveWindow;
  #bytes = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #reads: Read[] = [];
  // How it ends once everything before was read: normally, or with an error.
  #ending: TransportError | "fin" | undefined;
  // Set when the peer has sent its last frame, or the connection has ended.
  #isComplete = false;
  #isStopped = false;
  #isOver = false;

  constructor(
    id: number,
    { outbox, owner, window, all }: {
      readonly outbox: Outbox;
      readonly owner: StreamOwner;
      /** Bytes that may wait. */
      readonly window: number;
      readonly all: ReceiveWindow;
    },
  ) {
    this.#id = id;
    this.#outbox = outbox;
    this.#owner = owner;
    this.#all = all;
    this.#window = new ReceiveWindow(outbox, {
      window,
      step: window / 2,
      frame: (limit) => ({ kind: "max_stream_data", id, limit }),
    });
  }

  read(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#start < this.#end) return Promise.resolve(this.#take(into));
    if (this.#ending === "fin") return Promise.resolve(undefined);
    if (this.#ending !== undefined) return Promise.reject(this.#ending);
    return new Promise((resolve, reject) => this.#reads.push({ into, resolve, reject }));
  }

  stop(code: Code): void {
    if (this.#isStopped || this.#isOver) return;
    this.#isStopped = true;
    const waiting = this.#end - this.#start;
    this.#drop();
    this.#consumed(waiting);
    if (!this.#isComplete) {
      this.#window.close();
      this.#outbox.add(fixedFrame({ kind: "stop", id: this.#id, code }));
    }
    this.#ending = undefined;
    this.#endWith(new TransportError("reset", 0, "Cannot read: stopped on this side"));
    this.#settle();
  }

  /** Bytes have arrived. Throws a {@linkcode QmuxError}. */
  push(data: Uint8Array, offset: number | undefined, fin: boolean): void {
    const { received } = this.#window;
    if (this.#isComplete) {
      const end = (offset ?? received) + data.length;
      if (end > received) throw new QmuxError(QmuxCode.finalSizeError, "data behind the end");
      return;
    }
    if (offset !== undefined && offset !== received) {
      const expected = `offset ${offset} where ${received} was expected`;
      throw new QmuxError(QmuxCode.protocolViolation, `stream ${this.#id} has ${expected}`);
    }
    this.#receive(data.length);
    if (this.#isStopped) this.#consumed(data.length);
    else this.#deliver(data);
    if (fin) this.#complete("fin");
  }

  /** The peer has reset it at this size. Throws a {@linkcode QmuxError}. */
  reset(code: Code, size: number): void {
    if (this.#isComplete) return;
    // The first releases send 0 whatever they have sent.
    const unseen = Math.max(0, size - this.#window.received);
    this.#receive(unseen);
    this.#consumed(unseen);
    this.#complete(new TransportError("reset", code, `The peer reset the stream: error ${code}`));
  }

  /** The connection has ended. */
  fail(error: TransportError): void {
    this.#window.close();
    this.#drop();
    this.#isComplete = true;
    this.#isOver = true;
    // A stream at its end stays there, but for what was not read.
    this.#ending = undefined;
    this.#endWith(error);
  }

  #receive(length: number): void {
    if (this.#window.receive(length) && this.#all.receive(length)) return;
    throw new QmuxError(QmuxCode.flowControlError, `stream ${this.#id} exceeds its window`);
  }

  #consumed(length: number): void {
    this.#window.consume(length);
    this.#all.consume(length);
  }

  #deliver(data: Uint8Array): void {
    let left = data;
    const read = left.length > 0 ? this.#reads.shift() : undefined;
    if (read !== undefined) {
      const length = Math.min(left.length, read.into.length);
      read.into.set(left.subarray(0, length));
      left = left.subarray(length);
      this.#consumed(length);
      read.resolve(read.into.subarray(0, length));
    }
    if (left.length > 0) this.#append(left);
  }

  // Copies: the memory of a record is the channel's, and a view of it would keep all of it.
  #append(data: Uint8Array): void {
    if (this.#end + data.length > this.#bytes.length) {
      const waiting = this.#bytes.subarray(this.#start, this.#end);
      const length = waiting.length + data.length;
      const isRoomy = length <= this.#bytes.length / 2;
      const memory = isRoomy ? this.#bytes : new Uint8Array(Math.max(MIN_BUFFER, 2 * length));
      memory.set(waiting);
      this.#bytes = memory;
      this.#start = 0;
      this.#end = waiting.length;
    }
    this.#bytes.set(data, this.#end);
    this.#end += data.length;
  }

  #take(into: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const length = Math.min(into.length, this.#end - this.#start);
    into.set(this.#bytes.subarray(this.#start, this.#start + length));
    this.#start += length;
    if (this.#start === this.#end) this.#drop();
    this.#consumed(length);
    this.#settle();
    return into.subarray(0, length);
  }

  #drop(): void {
    this.#bytes = new Uint8Array(0);
    this.#start = this.#end = 0;
  }

  #complete(ending: TransportError | "fin"): void {
    this.#isComplete = true;
    this.#window.close();
    this.#endWith(ending);
    this.#settle();
  }

  #endWith(ending: TransportError | "fin"): void {
    this.#ending ??= ending;
    if (this.#start < this.#end) return;
    for (const { resolve, reject } of this.#reads.splice(0)) {
      if (this.#ending === "fin") resolve(undefined);
      else reject(this.#ending);
    }
  }

  /** Over when the peer has sent its last frame and everything was read. */
  #settle(): void {
    if (this.#isOver || !this.#isComplete || this.#start < this.#end) return;
    this.#isOver = true;
    this.#owner.ended(this);
  }
}

/** Bytes of the first buffer: a message. */
const MIN_BUFFER = 256;

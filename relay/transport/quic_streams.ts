import { TransportError, transportErrorFrom } from "./errors.ts";
import { ReadAhead } from "./read_ahead.ts";
import type { CloseInfo, Code, ReceiveStream, SendStream } from "./types.ts";

/**
 * The connection of a stream. Deno ends a stream with a FIN when its object is garbage-collected,
 * so the connection references every open stream.
 */
export interface StreamOwner {
  readonly closed: Promise<CloseInfo>;
  hold(stream: QuicSendStream | QuicReceiveStream): void;
  release(stream: QuicSendStream | QuicReceiveStream): void;
}

/** A send stream of Deno's QUIC. */
export class QuicSendStream implements SendStream {
  readonly #stream: Deno.QuicSendStream;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #owner: StreamOwner;
  #priority = 0;
  #over = false;
  // Why the peer ended the stream; created on demand, because errors are expensive.
  #failure: TransportError | undefined;

  constructor(stream: Deno.QuicSendStream, owner: StreamOwner) {
    this.#stream = stream;
    this.#writer = stream.getWriter();
    this.#owner = owner;
    owner.hold(this);
  }

  // The relay's hottest call: only Deno's promise and one that converts its error. Bytes that fit
  // the peer's window are taken without a turn of the event loop, so long sequences of writes must
  // yield in between.
  write(bytes: Uint8Array): Promise<void> {
    if (this.#over) return Promise.reject(this.#failure ?? ended());
    return this.#writer.write(bytes).then(undefined, this.#fail);
  }

  finish(): Promise<void> {
    if (this.#over) return Promise.reject(this.#failure ?? ended());
    this.#over = true;
    return this.#writer.close().then(this.#finished, this.#fail);
  }

  // Deno's abort() sends a FIN, so nothing is sent.
  reset(_code: Code): void {}

  get priority(): number {
    return this.#priority;
  }

  set priority(value: number) {
    this.#priority = value;
    if (this.#over) return;
    try {
      this.#stream.sendOrder = value;
    } catch {
      // The connection ended together with the stream; the next write reports it.
    }
  }

  readonly #finished = () => this.#owner.release(this);

  readonly #fail = async (cause: unknown): Promise<never> => {
    this.#owner.release(this);
    const error = await streamError(cause, this.#owner);
    this.#over = true;
    this.#failure = error;
    throw error;
  };
}

/** What a read brings. */
interface Part {
  readonly done: boolean;
  readonly value?: Uint8Array<ArrayBuffer> | undefined;
}

/** A receive stream of Deno's QUIC. */
export class QuicReceiveStream implements ReceiveStream {
  readonly #reader: ReadableStreamBYOBReader;
  readonly #owner: StreamOwner;
  #ahead: ReadAhead | undefined;
  #isReading = false;
  #stopped = false;

  constructor(stream: Deno.QuicReceiveStream, owner: StreamOwner) {
    this.#reader = stream.getReader({ mode: "byob" });
    this.#owner = owner;
    owner.hold(this);
  }

  // Almost all streams wait in a read almost always: a promise with two handlers is the least that can.
  read(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined> {
    this.#isReading = true;
    const reading: Promise<Part> = this.#ahead === undefined
      ? this.#reader.read(into)
      : this.#takeAhead(this.#ahead, into);
    return reading.then(this.#taken, this.#fail);
  }

  readonly #taken = (
    { done, value }: Part,
  ): Uint8Array<ArrayBuffer> | undefined => {
    this.#isReading = false;
    if (!done) return value;
    this.#owner.release(this);
    // After a local stop the stream is incomplete; it must not look like a normal end.
    if (this.#stopped) throw new TransportError("reset", 0, "Cannot read: stopped on this side");
    return undefined;
  };

  readonly #fail = async (cause: unknown): Promise<never> => {
    this.#owner.release(this);
    this.#isReading = false;
    throw await streamError(cause, this.#owner);
  };

  // Deno always sends code 0, and with a pending read only once that read has bytes.
  stop(_code: Code): void {
    this.#stopped = true;
    this.#owner.release(this);
    this.#reader.cancel().catch(() => {});
  }

  /**
   * An upper estimate of the bytes that were received and not read. Without a pending read, some
   * bytes are read ahead so that the next call knows more.
   */
  unread(): number {
    if (this.#ahead !== undefined) return this.#ahead.unread;
    if (!this.#isReading) this.#ahead = new ReadAhead((into) => this.#reader.read(into));
    return 0;
  }

  async #takeAhead(
    ahead: ReadAhead,
    into: Uint8Array<ArrayBuffer>,
  ): Promise<Part> {
    const value = await ahead.take(into);
    if (ahead.isThrough) this.#ahead = undefined;
    return { done: value === undefined, value };
  }
}

function ended(): TransportError {
  return new TransportError("closed", 0, "Cannot write: the stream was ended on this side");
}

// Deno reports "connection lost" on streams whatever ended the connection; the connection has the
// code.
async function streamError(cause: unknown, owner: StreamOwner): Promise<TransportError> {
  const error = transportErrorFrom(cause);
  if (error.kind !== "closed") return error;
  const { by, code, reason } = await owner.closed;
  return new TransportError("closed", by === "peer" ? code : 0, `Connection ended: ${reason}`, {
    cause,
  });
}

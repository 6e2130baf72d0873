import { TransportError, transportErrorFrom } from "./errors.ts";
import { ReadAhead } from "./read_ahead.ts";
import type { CloseInfo, Code, ReceiveStream, SendStream } from "./types.ts";

/**
 * What a stream needs of its connection. Deno ends a stream with a clean FIN when the object is
 * garbage, so the connection refers to every stream that is still open.
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
  // Why it is over, where that was not us: made only then, because an error is dear.
  #failure: TransportError | undefined;

  constructor(stream: Deno.QuicSendStream, owner: StreamOwner) {
    this.#stream = stream;
    this.#writer = stream.getWriter();
    this.#owner = owner;
    owner.hold(this);
  }

  // The relay's hottest call: nothing but Deno's promise and the one that translates its error. What
  // fits the peer's window is taken at once, without a turn of the event loop: who writes megabytes
  // in a row keeps the network itself waiting.
  write(bytes: Uint8Array): Promise<void> {
    if (this.#over) return Promise.reject(this.#failure ?? ended());
    return this.#writer.write(bytes).then(undefined, this.#fail);
  }

  finish(): Promise<void> {
    if (this.#over) return Promise.reject(this.#failure ?? ended());
    this.#over = true;
    return this.#writer.close().then(this.#finished, this.#fail);
  }

  // Deno's abort() sends a FIN.
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
      // The connection took the stream with it; the next write says so.
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
    // A stream that was stopped here did not end: nobody may take it for complete.
    if (this.#stopped) throw new TransportError("reset", 0, "Cannot read: stopped on this side");
    return undefined;
  };

  readonly #fail = async (cause: unknown): Promise<never> => {
    this.#owner.release(this);
    this.#isReading = false;
    throw await streamError(cause, this.#owner);
  };

  // Deno always sends code 0, and with a read under way only when that read has its bytes.
  stop(_code: Code): void {
    this.#stopped = true;
    this.#owner.release(this);
    this.#reader.cancel().catch(() => {});
  }

  /**
   * An upper estimate of the bytes that nobody has read yet. Where nobody is reading, a little is read
   * ahead so that the next time tells.
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

// Deno's streams say "connection lost" whatever ended it; the connection itself knows the code.
async function streamError(cause: unknown, owner: StreamOwner): Promise<TransportError> {
  const error = transportErrorFrom(cause);
  if (error.kind !== "closed") return error;
  const { by, code, reason } = await owner.closed;
  return new TransportError("closed", by === "peer" ? code : 0, `Connection ended: ${reason}`, {
    cause,
  });
}

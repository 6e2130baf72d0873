import type { BidiStream, Code, Connection, ReceiveStream } from "../transport/types.ts";
import { FIRST_BUFFER_BYTES } from "./limits.ts";

/** Where a session takes the streams of its peer from. */
export type StreamSource = Pick<Connection, "acceptUni" | "acceptBidi">;

/**
 * A stream whose first bytes are looked at before it is known who reads it. Whoever reads it then
 * finds it as if nothing had happened.
 */
export class PeekedStream implements ReceiveStream {
  readonly #raw: ReceiveStream;
  #first = new Uint8Array();
  #reading: Promise<void> | undefined;
  #ended = false;

  constructor(raw: ReceiveStream) {
    this.#raw = raw;
  }

  /** Waits for the first `length` bytes; fewer where the stream ends before. */
  async peek(length: number): Promise<Uint8Array> {
    while (this.#first.length < length && !this.#ended) await this.#more();
    return this.#first;
  }

  async read(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#reading !== undefined) await this.#reading;
    if (this.#first.length === 0) return this.#ended ? undefined : await this.#raw.read(into);
    const part = this.#first.subarray(0, into.byteLength);
    const memory = new Uint8Array(into.buffer.transfer(), into.byteOffset, part.length);
    memory.set(part);
    this.#first = this.#first.subarray(part.length);
    return memory;
  }

  stop(code: Code): void {
    this.#raw.stop(code);
  }

  #more(): Promise<void> {
    return this.#reading ??= this.#readMore().finally(() => this.#reading = undefined);
  }

  async #readMore(): Promise<void> {
    const part = await this.#raw.read(new Uint8Array(FIRST_BUFFER_BYTES));
    if (part === undefined) {
      this.#ended = true;
      return;
    }
    const joined = new Uint8Array(this.#first.length + part.length);
    joined.set(this.#first);
    joined.set(part, this.#first.length);
    this.#first = joined;
  }
}

/** A peer's first streams of one kind: looked at, kept, and handed on in the order they came. */
class Kept<T, Peeked extends T> {
  readonly #accept: () => Promise<T | undefined>;
  readonly #wrap: (stream: T) => Peeked;
  readonly #streams: Peeked[] = [];
  #awaited: Promise<Peeked | undefined> | undefined;

  constructor(accept: () => Promise<T | undefined>, wrap: (stream: T) => Peeked) {
    this.#accept = accept;
    this.#wrap = wrap;
  }

  /** The peer's next stream, which stays for whoever takes over. */
  look(): Promise<Peeked | undefined> {
    return this.#awaited ??= this.#accept().then((stream) => {
      this.#awaited = undefined;
      if (stream === undefined) return undefined;
      const peeked = this.#wrap(stream);
      this.#streams.push(peeked);
      return peeked;
    });
  }

  /** The first that is kept, or else the peer's next as it is; undefined after the end. */
  async take(): Promise<T | undefined> {
    if (this.#streams.length === 0) await this.#awaited;
    return this.#streams.shift() ?? await this.#accept();
  }
}

/** A bidirectional stream whose first bytes are looked at. */
export interface PeekedBidi extends BidiStream {
  readonly receive: PeekedStream;
}

/** The first streams of a connection, for whoever looks at them, and then for whoever takes them. */
export class FirstStreams implements StreamSource {
  readonly uni: Kept<ReceiveStream, PeekedStream>;
  readonly bidi: Kept<BidiStream, PeekedBidi>;

  constructor(connection: Connection) {
    this.uni = new Kept(() => connection.acceptUni(), (stream) => new PeekedStream(stream));
    this.bidi = new Kept(
      () => connection.acceptBidi(),
      ({ id, send, receive }) => ({ id, send, receive: new PeekedStream(receive) }),
    );
  }

  acceptUni(): Promise<ReceiveStream | undefined> {
    return this.uni.take();
  }

  acceptBidi(): Promise<BidiStream | undefined> {
    return this.bidi.take();
  }
}

import type { VarintFormat } from "@qumo/shared/wire";
import { takeMemory } from "../track/mod.ts";
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

  /** Whether something was read of it. */
  get isTouched(): boolean {
    return this.#first.length > 0 || this.#ended || this.#reading !== undefined;
  }

  /** Waits for the first `length` bytes; fewer where the stream ends before. */
  async peek(length: number): Promise<Uint8Array> {
    while (this.#first.length < length && !this.#ended) await this.#more();
    return this.#first;
  }

  /** The stream's first integer; undefined where the stream ends before it is whole. */
  async peekVarint(format: VarintFormat): Promise<bigint | undefined> {
    const [first] = await this.peek(1);
    if (first === undefined) return undefined;
    const length = format.lengthFrom(first);
    const bytes = await this.peek(length);
    return bytes.length < length ? undefined : format.read(bytes, 0);
  }

  read(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const isThrough = this.#reading === undefined && this.#first.length === 0 && !this.#ended;
    return isThrough ? this.#raw.read(into) : this.#readKept(into);
  }

  async #readKept(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined> {
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
    const part = await this.#raw.read(takeMemory(FIRST_BUFFER_BYTES));
    if (part === undefined) {
      this.#ended = true;
      return;
    }
    const joined = takeMemory(this.#first.length + part.length);
    joined.set(this.#first);
    joined.set(part, this.#first.length);
    this.#first = joined;
  }
}

/** How streams of one kind are looked at. */
interface Looking<T, Peeked> {
  readonly accept: () => Promise<T | undefined>;
  readonly wrap: (stream: T) => Peeked;
  readonly isTouched: (stream: Peeked) => boolean;
}

/** A peer's first streams of one kind: looked at, kept, and handed on in the order they came. */
class Kept<T, Peeked extends T> {
  readonly #looking: Looking<T, Peeked>;
  readonly #streams: { readonly raw: T; readonly peeked: Peeked }[] = [];
  #awaited: Promise<Peeked | undefined> | undefined;

  constructor(looking: Looking<T, Peeked>) {
    this.#looking = looking;
  }

  /** The peer's next stream, which stays for whoever takes over. */
  look(): Promise<Peeked | undefined> {
    const { accept, wrap } = this.#looking;
    return this.#awaited ??= accept().then((raw) => {
      this.#awaited = undefined;
      if (raw === undefined) return undefined;
      const peeked = wrap(raw);
      this.#streams.push({ raw, peeked });
      return peeked;
    });
  }

  /** Somebody took this stream for himself. */
  remove(stream: Peeked): void {
    const at = this.#streams.findIndex(({ peeked }) => peeked === stream);
    if (at >= 0) this.#streams.splice(at, 1);
  }

  /** The first that is kept, or else the peer's next as it is; undefined after the end. */
  take(): Promise<T | undefined> {
    const isThrough = this.#streams.length === 0 && this.#awaited === undefined;
    return isThrough ? this.#looking.accept() : this.#takeKept();
  }

  async #takeKept(): Promise<T | undefined> {
    const { accept, isTouched } = this.#looking;
    if (this.#streams.length === 0) await this.#awaited;
    const kept = this.#streams.shift();
    if (kept === undefined) return await accept();
    return isTouched(kept.peeked) ? kept.peeked : kept.raw;
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

  constructor(connection: StreamSource) {
    this.uni = new Kept({
      accept: () => connection.acceptUni(),
      wrap: (stream) => new PeekedStream(stream),
      isTouched: (stream) => stream.isTouched,
    });
    this.bidi = new Kept({
      accept: () => connection.acceptBidi(),
      wrap: ({ id, send, receive }) => ({ id, send, receive: new PeekedStream(receive) }),
      isTouched: ({ receive }) => receive.isTouched,
    });
  }

  acceptUni(): Promise<ReceiveStream | undefined> {
    return this.uni.take();
  }

  acceptBidi(): Promise<BidiStream | undefined> {
    return this.bidi.take();
  }
}

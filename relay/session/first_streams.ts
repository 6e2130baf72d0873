import type { TaskGroup } from "@qumo/shared/runtime";
import type { VarintFormat } from "@qumo/shared/wire";
import { takeMemory } from "../track/mod.ts";
import type { BidiStream, Code, Connection, ReceiveStream } from "../transport/types.ts";
import { FIRST_BUFFER_BYTES } from "./limits.ts";

/** The source of the peer's streams. */
export type StreamSource = Pick<Connection, "acceptUni" | "acceptBidi">;

/**
 * A stream whose first bytes can be inspected before its reader is known. The reader then gets the
 * stream from its start.
 */
export class PeekedStream implements ReceiveStream {
  readonly #raw: ReceiveStream;
  #first = new Uint8Array();
  #reading: Promise<void> | undefined;
  #ended = false;

  constructor(raw: ReceiveStream) {
    this.#raw = raw;
  }

  /** Whether anything was read from the stream. */
  get isTouched(): boolean {
    return this.#first.length > 0 || this.#ended || this.#reading !== undefined;
  }

  /** Returns the first `length` bytes without consuming them; fewer if the stream ends before. */
  async peek(length: number): Promise<Uint8Array> {
    while (this.#first.length < length && !this.#ended) await this.#more();
    return this.#first;
  }

  /**
   * Returns the stream's first integer without consuming it; undefined if the stream ends before
   * it.
   */
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
    const { byteOffset } = into;
    const memory = new Uint8Array(into.buffer.transfer(), byteOffset, part.length);
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

/** What is looked for among streams. */
interface Search<Peeked> {
  readonly isFound: () => boolean;
  readonly inspect: (stream: Peeked) => Promise<void>;
}

/** The peer's first streams of one kind: inspected, kept, and passed on in order of arrival. */
abstract class Kept<T, Peeked extends T> {
  protected readonly connection: StreamSource;
  readonly #streams: { readonly raw: T; readonly peeked: Peeked }[] = [];
  #awaited: Promise<Peeked | undefined> | undefined;

  constructor(connection: StreamSource) {
    this.connection = connection;
  }

  protected abstract accept(): Promise<T | undefined>;
  protected abstract wrap(stream: T): Peeked;
  protected abstract isTouched(stream: Peeked): boolean;

  /** The peer's next stream, which also stays in the queue. */
  look(): Promise<Peeked | undefined> {
    return this.#awaited ??= this.accept().then((raw) => {
      this.#awaited = undefined;
      if (raw === undefined) return undefined;
      const peeked = this.wrap(raw);
      this.#streams.push({ raw, peeked });
      return peeked;
    });
  }

  /** Inspects the next streams, each in a task of its own, until the one that is looked for is found. */
  inspect(tasks: TaskGroup, { isFound, inspect }: Search<Peeked>): void {
    tasks.spawn("first streams", () =>
      this.look().then((stream) => {
        // Others are left for their readers then.
        if (stream === undefined || isFound()) return;
        tasks.spawn("first stream", () => inspect(stream));
        this.inspect(tasks, { isFound, inspect });
      }));
  }

  /** Removes a stream that the caller keeps. */
  remove(stream: Peeked): void {
    const at = this.#streams.findIndex(({ peeked }) => peeked === stream);
    if (at >= 0) this.#streams.splice(at, 1);
  }

  /** The first queued stream, or else the peer's next one; undefined after the end. */
  take(): Promise<T | undefined> {
    const kept = this.#streams.shift();
    if (kept !== undefined) {
      const { raw, peeked } = kept;
      return Promise.resolve(this.isTouched(peeked) ? peeked : raw);
    }
    return this.#awaited?.then(() => this.take()) ?? this.accept();
  }
}

/** A bidirectional stream whose first bytes can be inspected. */
export interface PeekedBidi extends BidiStream {
  readonly receive: PeekedStream;
}

class KeptUni extends Kept<ReceiveStream, PeekedStream> {
  protected override accept(): Promise<ReceiveStream | undefined> {
    return this.connection.acceptUni();
  }

  protected override wrap(stream: ReceiveStream): PeekedStream {
    return new PeekedStream(stream);
  }

  protected override isTouched(stream: PeekedStream): boolean {
    return stream.isTouched;
  }
}

class KeptBidi extends Kept<BidiStream, PeekedBidi> {
  protected override accept(): Promise<BidiStream | undefined> {
    return this.connection.acceptBidi();
  }

  protected override wrap({ id, send, receive }: BidiStream): PeekedBidi {
    return { id, send, receive: new PeekedStream(receive) };
  }

  protected override isTouched({ receive }: PeekedBidi): boolean {
    return receive.isTouched;
  }
}

/** A connection's first streams, for version negotiation and then for the session. */
export class FirstStreams implements StreamSource {
  readonly uni: Kept<ReceiveStream, PeekedStream>;
  readonly bidi: Kept<BidiStream, PeekedBidi>;

  constructor(connection: StreamSource) {
    this.uni = new KeptUni(connection);
    this.bidi = new KeptBidi(connection);
  }

  acceptUni(): Promise<ReceiveStream | undefined> {
    return this.uni.take();
  }

  acceptBidi(): Promise<BidiStream | undefined> {
    return this.bidi.take();
  }
}

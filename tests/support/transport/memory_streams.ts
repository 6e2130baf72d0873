import { TransportError } from "../../../relay/transport/errors.ts";
import type { Code, ReceiveStream, SendStream } from "../../../relay/transport/types.ts";

/** What a half of a stream needs of its end of the pair. */
export interface MemoryEnd {
  readonly canReset: boolean;
  readonly answersStops: boolean;
  /** Calls `arrive` at the other end, as late as the line is long. */
  carry(arrive: () => void): void;
  /** The half is over: finished, reset, stopped or read to its end. */
  over(half: MemoryHalf): void;
}

/** A half of a stream, which fails when the connection ends. */
export interface MemoryHalf {
  fail(error: TransportError): void;
}

/** The writing half; `far` is its reader at the other end. */
export class MemorySendStream implements SendStream, MemoryHalf {
  far!: MemoryReceiveStream;
  priority = 0;
  readonly #end: MemoryEnd;
  #written = 0;
  #granted: number;
  #waiting: { upTo: number; resolve: () => void; reject: (error: TransportError) => void }[] = [];
  #over: TransportError | undefined;
  // The peer stopped the stream, and nobody has noticed.
  #stopped: TransportError | undefined;

  constructor(end: MemoryEnd, window: number) {
    this.#end = end;
    this.#granted = window;
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#stopped !== undefined && bytes.length > 0) this.#resetStopped();
    if (this.#over !== undefined) return Promise.reject(this.#over);
    this.#written += bytes.length;
    if (bytes.length > 0) this.#end.carry(() => this.far.arrive(bytes));
    return this.#taken();
  }

  finish(): Promise<void> {
    if (this.#stopped !== undefined) {
      this.#resetStopped();
      return Promise.resolve();
    }
    if (this.#over !== undefined) return Promise.reject(this.#over);
    this.#over = ended();
    this.#end.carry(() => this.far.arriveEnd());
    return this.#taken().then(() => this.#end.over(this));
  }

  reset(code: Code): void {
    if (this.#over !== undefined || !this.#end.canReset) return;
    this.#over = ended();
    this.#end.carry(() => this.far.arriveReset(code));
    this.#reject(this.#over);
    this.#end.over(this);
  }

  /** The reader took everything up to `readOffset` plus a window of what may follow. */
  grant(upTo: number): void {
    this.#granted = upTo;
    while (this.#waiting.length > 0 && this.#waiting[0]!.upTo <= upTo) {
      this.#waiting.shift()!.resolve();
    }
  }

  /**
   * The peer stopped the stream. As with Deno this shows at the next byte that is written, with code 0
   * where nothing can be reset, and until then the stream counts as open; other stacks reset it at once.
   */
  arriveStop(code: Code): void {
    if (this.#over !== undefined) return;
    const shown = this.#end.canReset ? code : 0;
    this.#stopped = new TransportError("stopped", shown, `Peer stopped the stream: ${shown}`);
    if (this.#waiting.length > 0 || this.#end.answersStops) this.#resetStopped();
  }

  #resetStopped(): void {
    const { code } = this.#over = this.#stopped!;
    this.#stopped = undefined;
    this.#reject(this.#over);
    this.#end.carry(() => this.far.arriveReset(code));
    this.#end.over(this);
  }

  fail(error: TransportError): void {
    this.#over = error;
    this.#reject(error);
  }

  #taken(): Promise<void> {
    if (this.#written <= this.#granted) return Promise.resolve();
    const upTo = this.#written;
    return new Promise((resolve, reject) => this.#waiting.push({ upTo, resolve, reject }));
  }

  #reject(error: TransportError): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

/** The reading half; `far` is its writer at the other end. */
export class MemoryReceiveStream implements ReceiveStream, MemoryHalf {
  far!: MemorySendStream;
  readonly #end: MemoryEnd;
  readonly #window: number;
  #chunks: Uint8Array[] = [];
  #readOffset = 0;
  #ended = false;
  #failure: TransportError | undefined;
  #waiting: Read[] = [];

  constructor(end: MemoryEnd, window: number) {
    this.#end = end;
    this.#window = window;
  }

  read(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { byteOffset, byteLength } = into;
    if (byteLength === 0) return Promise.reject(new TypeError("Cannot read into no memory"));
    // As with a BYOB reader: the caller's view is of no more use from here on.
    const memory = new Uint8Array(into.buffer.transfer(), byteOffset, byteLength);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ into: memory, resolve, reject });
      this.#serve();
    });
  }

  stop(code: Code): void {
    if (this.#failure !== undefined || this.#ended && this.#chunks.length === 0) return;
    this.fail(new TransportError("reset", 0, "Cannot read: stopped on this side"));
    if (this.#ended) this.#end.over(this);
    this.#end.carry(() => this.far.arriveStop(code));
  }

  arrive(bytes: Uint8Array): void {
    if (this.#failure !== undefined) return;
    this.#chunks.push(bytes);
    this.#serve();
  }

  arriveEnd(): void {
    this.#ended = true;
    if (this.#failure !== undefined) this.#end.over(this);
    this.#serve();
  }

  arriveReset(code: Code): void {
    if (this.#failure === undefined) {
      this.fail(new TransportError("reset", code, `Peer reset the stream: ${code}`));
    }
    this.#end.over(this);
  }

  fail(error: TransportError): void {
    this.#failure ??= error;
    this.#chunks = [];
    this.#serve();
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      if (this.#failure !== undefined) {
        this.#waiting.shift()!.reject(this.#failure);
      } else if (this.#chunks.length > 0) {
        this.#fill(this.#waiting.shift()!);
      } else if (this.#ended) {
        this.#waiting.shift()!.resolve(undefined);
        this.#end.over(this);
      } else {
        return;
      }
    }
  }

  #fill({ into, resolve }: Read): void {
    let filled = 0;
    while (filled < into.length && this.#chunks.length > 0) {
      const chunk = this.#chunks[0]!;
      const part = chunk.subarray(0, into.length - filled);
      into.set(part, filled);
      filled += part.length;
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
    }
    this.#readOffset += filled;
    const upTo = this.#readOffset + this.#window;
    this.#end.carry(() => this.far.grant(upTo));
    resolve(into.subarray(0, filled));
  }
}

interface Read {
  readonly into: Uint8Array<ArrayBuffer>;
  readonly resolve: (bytes: Uint8Array<ArrayBuffer> | undefined) => void;
  readonly reject: (error: Error) => void;
}

function ended(): TransportError {
  return new TransportError("closed", 0, "Cannot write: the stream was ended on this side");
}

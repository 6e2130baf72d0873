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

export type MemoryHalf = MemorySendStream | MemoryReceiveStream;

/** How much may be sent or opened before the other end gives more. */
export class Credit {
  #given: number;
  #taken = 0;
  #waiting: (PromiseWithResolvers<void> & { readonly upTo: number })[] = [];

  constructor(initial: number) {
    this.#given = initial;
  }

  get isAwaited(): boolean {
    return this.#waiting.length > 0;
  }

  /** Takes what may not be there yet, and waits until it is. */
  take(amount: number): Promise<void> {
    this.#taken += amount;
    if (this.#taken <= this.#given) return Promise.resolve();
    const waiting = { upTo: this.#taken, ...Promise.withResolvers<void>() };
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  give(amount: number): void {
    this.#given += amount;
    while (this.isAwaited && this.#waiting[0]!.upTo <= this.#given) {
      this.#waiting.shift()!.resolve();
    }
  }

  /** Nobody need wait any more. */
  fail(error: TransportError): void {
    this.#given = Infinity;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

/** The writing half; `far` is its reader at the other end. */
export class MemorySendStream implements SendStream {
  far!: MemoryReceiveStream;
  priority = 0;
  readonly credit: Credit;
  readonly #end: MemoryEnd;
  #over: TransportError | undefined;
  // The peer stopped the stream, and nobody has noticed.
  #stopped: TransportError | undefined;

  constructor(end: MemoryEnd, window: number) {
    this.#end = end;
    this.credit = new Credit(window);
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#stopped !== undefined && bytes.length > 0) this.#resetStopped();
    if (this.#over !== undefined) return Promise.reject(this.#over);
    if (bytes.length > 0) this.#end.carry(() => this.far.arrive(bytes));
    return this.credit.take(bytes.length);
  }

  finish(): Promise<void> {
    if (this.#stopped !== undefined) {
      this.#resetStopped();
      return Promise.resolve();
    }
    if (this.#over !== undefined) return Promise.reject(this.#over);
    this.#over = ended();
    this.#end.carry(() => this.far.arriveEnd());
    return this.credit.take(0).then(() => this.#end.over(this));
  }

  reset(code: Code): void {
    if (this.#over === undefined && this.#end.canReset) this.#reset(code, ended());
  }

  /**
   * The peer stopped the stream. As with Deno this shows at the next byte that is written, with code 0
   * where nothing can be reset, and until then the stream counts as open; other stacks reset it at once.
   */
  arriveStop(code: Code): void {
    if (this.#over !== undefined) return;
    const shown = this.#end.canReset ? code : 0;
    this.#stopped = new TransportError("stopped", shown, `Peer stopped the stream: ${shown}`);
    if (this.credit.isAwaited || this.#end.answersStops) this.#resetStopped();
  }

  fail(error: TransportError): void {
    this.#over = error;
    this.credit.fail(error);
  }

  #resetStopped(): void {
    const stopped = this.#stopped!;
    this.#stopped = undefined;
    this.#reset(stopped.code, stopped);
  }

  #reset(code: Code, error: TransportError): void {
    this.fail(error);
    this.#end.carry(() => this.far.arriveReset(code));
    this.#end.over(this);
  }
}

/** The reading half; `far` is its writer at the other end. */
export class MemoryReceiveStream implements ReceiveStream {
  far!: MemorySendStream;
  readonly #end: MemoryEnd;
  #chunks: Uint8Array[] = [];
  #ended = false;
  #failure: TransportError | undefined;
  #reads: (PromiseWithResolvers<Memory | undefined> & { readonly into: Memory })[] = [];

  constructor(end: MemoryEnd) {
    this.#end = end;
  }

  read({ buffer, byteOffset, byteLength }: Memory): Promise<Memory | undefined> {
    if (byteLength === 0) return Promise.reject(new TypeError("Cannot read into no memory"));
    // As with a BYOB reader: the caller's view is of no more use from here on.
    const into = new Uint8Array(buffer.transfer(), byteOffset, byteLength);
    const read = { into, ...Promise.withResolvers<Memory | undefined>() };
    this.#reads.push(read);
    this.#serve();
    return read.promise;
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
    this.fail(new TransportError("reset", code, `Peer reset the stream: ${code}`));
    this.#end.over(this);
  }

  fail(error: TransportError): void {
    this.#failure ??= error;
    this.#chunks = [];
    this.#serve();
  }

  #serve(): void {
    while (this.#failure !== undefined || this.#chunks.length > 0 || this.#ended) {
      const read = this.#reads.shift();
      if (read === undefined) return;
      if (this.#failure !== undefined) {
        read.reject(this.#failure);
      } else if (this.#chunks.length > 0) {
        read.resolve(this.#fill(read.into));
      } else {
        read.resolve(undefined);
        this.#end.over(this);
      }
    }
  }

  #fill(into: Memory): Memory {
    let filled = 0;
    while (filled < into.length && this.#chunks.length > 0) {
      const chunk = this.#chunks[0]!;
      const part = chunk.subarray(0, into.length - filled);
      into.set(part, filled);
      filled += part.length;
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
    }
    this.#end.carry(() => this.far.credit.give(filled));
    return into.subarray(0, filled);
  }
}

type Memory = Uint8Array<ArrayBuffer>;

function ended(): TransportError {
  return new TransportError("closed", 0, "Cannot write: the stream was ended on this side");
}

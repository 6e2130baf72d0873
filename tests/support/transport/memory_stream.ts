import { TransportError } from "../../../relay/transport/errors.ts";
import type { Code, ReceiveStream, SendStream } from "../../../relay/transport/types.ts";

/** What a stream needs of the connection at one of its ends. */
export interface MemoryEnd {
  readonly network: { readonly streamWindow: number; readonly answersStops: boolean };
  readonly canReset: boolean;
  /** Calls `arrive` at the other end, as late as the line is long. */
  carry(arrive: () => void): void;
  /**
   * A half of a stream is open here, until what is returned is called, which calls `onOver`, or the
   * connection ends, which calls `fail`.
   */
  hold(fail: (error: TransportError) => void, onOver?: () => void): () => void;
}

/** How much may be sent or opened before the other end gives more. */
export class Credit {
  #given: number;
  #taken = 0;
  #more = Promise.withResolvers<void>();
  #failure: TransportError | undefined;

  constructor(initial: number) {
    this.#given = initial;
  }

  get isAwaited(): boolean {
    return this.#taken > this.#given;
  }

  /** Takes what may not be there yet, and waits until it is. */
  async take(amount: number): Promise<void> {
    const upTo = this.#taken += amount;
    while (upTo > this.#given) await this.#more.promise;
    if (this.#failure !== undefined) throw this.#failure;
  }

  give(amount: number): void {
    this.#given += amount;
    this.#more.resolve();
    this.#more = Promise.withResolvers();
  }

  /** Nobody need wait any more. */
  fail(error: TransportError): void {
    this.#failure = error;
    this.give(Infinity);
  }
}

/** What is done when nothing goes any more at an end of a stream. */
export interface MemoryStreamEvents {
  readonly onSent?: () => void;
  readonly onReceived?: () => void;
}

/** A stream in one direction: the writer has it at one end, the reader at the other. */
export class MemoryStream implements SendStream, ReceiveStream {
  priority = 0;
  readonly #from: MemoryEnd;
  readonly #to: MemoryEnd;
  readonly #credit: Credit;
  // What was sent, finished, reset or stopped at the end of the writer, and what was read to its end.
  readonly #sent: () => void;
  readonly #received: () => void;
  readonly #reader: ReadableStreamBYOBReader;
  #arriving!: ReadableByteStreamController;
  // Why nothing can be written any more.
  #failure: TransportError | undefined;
  // The peer stopped the stream, and nobody has noticed.
  #stopped: TransportError | undefined;
  // All of it has arrived.
  #isComplete = false;

  constructor(from: MemoryEnd, to: MemoryEnd, events: MemoryStreamEvents) {
    this.#from = from;
    this.#to = to;
    this.#credit = new Credit(from.network.streamWindow);
    this.#sent = from.hold((error) => this.#fail(error), events.onSent);
    this.#received = to.hold((error) => this.#arriving.error(error), events.onReceived);
    const start = (controller: ReadableByteStreamController) => void (this.#arriving = controller);
    const arriving = new ReadableStream({ type: "bytes", start }, { highWaterMark: Infinity });
    this.#reader = arriving.getReader({ mode: "byob" });
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#stopped !== undefined && bytes.length > 0) this.#reset(this.#stopped);
    if (this.#failure !== undefined) throw this.#failure;
    if (bytes.length > 0) this.#from.carry(() => this.#arrive(bytes));
    await this.#credit.take(bytes.length);
  }

  async finish(): Promise<void> {
    if (this.#stopped !== undefined) return this.#reset(this.#stopped);
    if (this.#failure !== undefined) throw this.#failure;
    this.#failure = ended();
    this.#from.carry(() => this.#arriveEnd());
    await this.#credit.take(0);
    this.#sent();
  }

  reset(code: Code): void {
    if (this.#failure === undefined && this.#from.canReset) this.#reset(ended(), code);
  }

  async read(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { done, value } = await this.#reader.read(into);
    if (done) return void this.#received();
    this.#to.carry(() => this.#credit.give(value.length));
    return value;
  }

  stop(code: Code): void {
    const isReadable = this.#isReadable;
    this.#arriving.error(new TransportError("reset", 0, "Cannot read: stopped on this side"));
    if (this.#isComplete) this.#received();
    else if (isReadable) this.#to.carry(() => this.#arriveStop(code));
  }

  get #isReadable(): boolean {
    // What is left of an infinite queue; 0 at the end and null after an error.
    return this.#arriving.desiredSize === Infinity;
  }

  #arrive(bytes: Uint8Array): void {
    if (this.#isReadable) this.#arriving.enqueue(bytes.slice());
  }

  #arriveEnd(): void {
    this.#isComplete = true;
    if (!this.#isReadable) return this.#received();
    this.#arriving.close();
    this.#arriving.byobRequest?.respond(0);
  }

  #arriveReset(code: Code): void {
    this.#arriving.error(new TransportError("reset", code, `Peer reset the stream: ${code}`));
    this.#received();
  }

  /**
   * The peer stopped the stream. As with Deno this shows at the next byte that is written, with code 0
   * where nothing can be reset, and until then the stream counts as open; other stacks reset it at once.
   */
  #arriveStop(code: Code): void {
    if (this.#failure !== undefined) return;
    const shown = this.#from.canReset ? code : 0;
    const error = new TransportError("stopped", shown, `Peer stopped the stream: ${shown}`);
    if (this.#credit.isAwaited || this.#from.network.answersStops) this.#reset(error);
    else this.#stopped = error;
  }

  #reset(error: TransportError, code = error.code): void {
    this.#fail(error);
    this.#from.carry(() => this.#arriveReset(code));
    this.#sent();
  }

  #fail(error: TransportError): void {
    this.#stopped = undefined;
    this.#failure = error;
    this.#credit.fail(error);
  }
}

function ended(): TransportError {
  return new TransportError("closed", 0, "Cannot write: the stream was ended on this side");
}

import { READ_AHEAD_BYTES, READ_AHEAD_STEP, STREAM_WINDOW } from "./limits.ts";

/** One read of a stream, in the way of a BYOB reader. */
export type ReadInto = (
  into: Uint8Array<ArrayBuffer>,
) => Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>>;

/**
 * The beginning of what waits in a stream that nobody reads now. QUIC does not say how much it keeps,
 * so a little is read to see whether there is any; what is beyond that counts as a full window.
 */
export class ReadAhead {
  readonly #read: ReadInto;
  readonly #filling: Promise<void>;
  #bytes = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #isWanted = false;
  #isFilling = true;
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(read: ReadInto) {
    this.#read = read;
    this.#filling = this.#fill();
  }

  /** An upper estimate of the bytes that wait. */
  get unread(): number {
    const length = this.#end - this.#start;
    return length < READ_AHEAD_BYTES ? length : length + STREAM_WINDOW;
  }

  /** Whether the stream can be read directly again. */
  get isThrough(): boolean {
    return this.#start === this.#end && !this.#isFilling && !this.#isOver;
  }

  /** The next bytes; undefined at the end. Nothing more is read ahead from here on. */
  async take(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined> {
    this.#isWanted = true;
    if (this.#start === this.#end) await this.#filling;
    if (this.#start === this.#end) {
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#isOver) return undefined;
    }
    const length = Math.min(into.length, this.#end - this.#start);
    into.set(this.#bytes.subarray(this.#start, this.#start + length));
    this.#start += length;
    return into.subarray(0, length);
  }

  async #fill(): Promise<void> {
    try {
      let into = new Uint8Array(READ_AHEAD_STEP);
      while (!this.#isWanted && this.#end < READ_AHEAD_BYTES) {
        const { done, value } = await this.#read(into);
        if (done) return void (this.#isOver = true);
        this.#append(value);
        into = new Uint8Array(value.buffer);
      }
    } catch (error) {
      this.#isOver = true;
      this.#failure = { error };
    } finally {
      this.#isFilling = false;
    }
  }

  // A copy, because a buffer for each read would cost more than what a peer puts into it.
  #append(part: Uint8Array): void {
    if (this.#end + part.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * (this.#end + part.length));
      larger.set(this.#bytes.subarray(0, this.#end));
      this.#bytes = larger;
    }
    this.#bytes.set(part, this.#end);
    this.#end += part.length;
  }
}

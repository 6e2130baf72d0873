import { READ_AHEAD_BYTES, READ_AHEAD_STEP, STREAM_WINDOW } from "./limits.ts";

/** A read with the semantics of a BYOB reader. */
export type ReadInto = (
  into: Uint8Array<ArrayBuffer>,
) => Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>>;

/**
 * Bytes read ahead from a stream without a reader. QUIC does not expose how much it buffers, so a
 * little is read to detect data; a stream with more counts with its full window.
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

  /** An upper estimate of the buffered bytes. */
  get unread(): number {
    const length = this.#end - this.#start;
    return length < READ_AHEAD_BYTES ? length : length + STREAM_WINDOW;
  }

  /** Whether everything that was read ahead has been taken. */
  get isThrough(): boolean {
    return this.#start === this.#end && !this.#isFilling && !this.#isOver;
  }

  /** The next bytes; undefined at the end of the stream. Stops reading ahead. */
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

  // Copies, because a buffer per read would cost more memory than the bytes of a peer.
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

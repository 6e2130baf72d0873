import type { ReceiveStream } from "../types.ts";
import { Http3Code, Http3Error } from "./codes.ts";
import { HEADER_READ_SIZE, READ_SIZE } from "./limits.ts";
import { decodeVarint } from "./varint.ts";

/** Reads the fields of a stream's header one by one; not meant for bulk data. */
export class StreamReader {
  readonly #stream: ReceiveStream;
  // Small at first, so that data behind a short header stays in QUIC's flow control.
  #memory: Uint8Array<ArrayBuffer> = new Uint8Array(HEADER_READ_SIZE);
  #start = 0;
  #end = 0;
  #ended = false;

  constructor(stream: ReceiveStream) {
    this.#stream = stream;
  }

  /** Whether the stream has ended and everything was read. */
  async atEnd(): Promise<boolean> {
    return this.#start === this.#end && !await this.#more();
  }

  /** Reads an integer. Throws an {@linkcode Http3Error} when the stream ends within it. */
  async varint(): Promise<bigint> {
    for (;;) {
      const decoded = decodeVarint(this.#memory.subarray(this.#start, this.#end));
      if (decoded !== undefined) {
        this.#start += decoded.end;
        return decoded.value;
      }
      if (!await this.#more()) throw truncated();
    }
  }

  /** Reads exactly `length` bytes; the caller has checked `length` against a limit. */
  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const taken = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      const part = await this.some(length - filled);
      if (part === undefined) throw truncated();
      taken.set(part, filled);
      filled += part.length;
    }
    return taken;
  }

  /**
   * Reads the available bytes, at most `limit`; undefined at the end. Valid until the next call.
   */
  async some(limit: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (await this.atEnd()) return undefined;
    const end = Math.min(this.#end, this.#start + limit);
    const part = this.#memory.subarray(this.#start, end);
    this.#start = end;
    return part;
  }

  /** Stops reading and returns the bytes that were read beyond the header. */
  rest(): Uint8Array<ArrayBuffer> {
    return this.#memory.subarray(this.#start, this.#end);
  }

  async #more(): Promise<boolean> {
    if (this.#ended) return false;
    if (this.#end === this.#memory.length) {
      const unread = this.#memory.subarray(this.#start, this.#end);
      this.#memory = this.#memory.length < READ_SIZE ? new Uint8Array(READ_SIZE) : this.#memory;
      this.#memory.set(unread);
      this.#end = unread.length;
      this.#start = 0;
    }
    const part = await this.#stream.read(this.#memory.subarray(this.#end));
    if (part === undefined) {
      // The runtime does not return the buffer at the end of a stream.
      this.#ended = true;
      this.#memory = new Uint8Array();
      this.#start = this.#end = 0;
      return false;
    }
    this.#memory = new Uint8Array(part.buffer);
    this.#end += part.length;
    return true;
  }
}

function truncated(): Http3Error {
  return new Http3Error(Http3Code.frameError, "A stream ends too early");
}

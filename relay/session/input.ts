import { DecodeError } from "@qumo/shared/wire";
import type { ReceiveStream } from "../transport/types.ts";

/**
 * The unread bytes of a stream, between `start` and `end` of `bytes`. Decoders are synchronous over
 * what is there; whoever finds it short asks for more.
 */
export class Input {
  bytes: Uint8Array<ArrayBuffer>;
  start = 0;
  end = 0;
  readonly #stream: ReceiveStream;
  readonly #maxCapacity: number;

  /** Grows up to `maxCapacity` bytes when something that must be whole does not fit. */
  constructor(stream: ReceiveStream, capacity: number, maxCapacity: number) {
    this.bytes = new Uint8Array(capacity);
    this.#stream = stream;
    this.#maxCapacity = maxCapacity;
  }

  /** How many bytes are unread. */
  get length(): number {
    return this.end - this.start;
  }

  /** Waits for more bytes; false at the end of the stream. */
  async fill(): Promise<boolean> {
    this.#makeRoom();
    const into = this.bytes.subarray(this.end);
    const filled = await this.#stream.read(into);
    if (filled === undefined) return false;
    // The buffer was handed through: it is the same memory under another name.
    if (filled.buffer !== this.bytes.buffer) {
      this.bytes = new Uint8Array(filled.buffer);
      this.end = filled.byteOffset;
    }
    this.end += filled.length;
    return true;
  }

  /** The peer shall send no more. */
  stop(code: number): void {
    this.#stream.stop(code);
  }

  #makeRoom(): void {
    if (this.start === this.end) this.start = this.end = 0;
    if (this.end < this.bytes.length) return;
    if (this.start > 0) {
      this.bytes.copyWithin(0, this.start, this.end);
    } else {
      if (this.bytes.length >= this.#maxCapacity) {
        throw new DecodeError("malformed", `More than ${this.#maxCapacity} bytes at once`);
      }
      const larger = new Uint8Array(Math.min(this.#maxCapacity, this.bytes.length * 2));
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.end -= this.start;
    this.start = 0;
  }
}

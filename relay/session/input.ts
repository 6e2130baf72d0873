import { DecodeError } from "@qumo/shared/wire";
import { TransportError } from "../transport/errors.ts";
import { takeMemory } from "../track/mod.ts";
import type { ReceiveStream } from "../transport/types.ts";
import { FIRST_BUFFER_BYTES, READ_BUFFER_BYTES } from "./limits.ts";

/** How a stream behaves, and who wants to know of its end. */
export interface InputOptions {
  /** Whether the transport cannot stop a stream while a read waits for bytes. */
  readonly stopsLate?: boolean;
  /** Called once, when the stream takes nothing up any more of what the peer may open. */
  readonly onOver?: () => void;
}

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
  readonly #options: InputOptions;
  // Whether the last read took all the room there was: then there is likely more.
  #wasFull = false;
  #ended = false;
  #failure: unknown;
  // Lets go of whoever waits for bytes; there while a read does that cannot be stopped.
  #release: ((error: Error) => void) | undefined;
  // The code that such a stream is stopped with when bytes come.
  #stopAs: number | undefined;
  #isOver = false;

  /**
   * Begins small, since many streams are short or silent; grows as long as reads fill the buffer, and
   * up to `maxCapacity` bytes when something that must be whole does not fit.
   */
  constructor(stream: ReceiveStream, maxCapacity: number, options: InputOptions = {}) {
    this.bytes = takeMemory(FIRST_BUFFER_BYTES);
    this.#stream = stream;
    this.#maxCapacity = maxCapacity;
    this.#options = options;
  }

  /** How many bytes are unread. */
  get length(): number {
    return this.end - this.start;
  }

  /** Whether the stream ended and left something unread, whose bytes are lost with the buffer. */
  get isBrokenOff(): boolean {
    return this.#ended && this.length > 0;
  }

  /** Waits for more bytes; false at the end of the stream, and ever after. A failure stays, too. */
  fill(): Promise<boolean> {
    if (this.#ended) return Promise.resolve(false);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    try {
      this.#makeRoom();
    } catch (error) {
      return Promise.reject(error);
    }
    const reading = this.#stream.read(this.bytes.subarray(this.end));
    return (this.#options.stopsLate === true ? this.#unlessStopped(reading) : reading)
      .then(this.#filled, this.#failed);
  }

  readonly #failed = (error: unknown): never => {
    // The buffer is lost with the stream, and what was unread in it: there is nothing to go on with.
    this.#failure = error;
    this.start = this.end = 0;
    if (this.#stopAs === undefined) this.#over();
    throw error;
  };

  readonly #filled = (filled: Uint8Array<ArrayBuffer> | undefined): boolean => {
    if (filled === undefined) {
      this.#ended = true;
      this.#over();
      return false;
    }
    // The buffer was handed through: it is the same memory under another name.
    if (filled.buffer !== this.bytes.buffer) {
      this.bytes = new Uint8Array(filled.buffer);
      this.end = filled.byteOffset;
    }
    this.end += filled.length;
    this.#wasFull = this.end === this.bytes.length;
    return true;
  };

  /** The peer shall send no more. Where it cannot be told at once it is when it sends something. */
  stop(code: number): void {
    if (this.#release === undefined) return this.#stop(code);
    this.#stopAs ??= code;
    this.#release(new TransportError("reset", 0, "Cannot read: stopped on this side"));
  }

  #stop(code: number): void {
    this.#stream.stop(code);
    this.#over();
  }

  /** A read of which nobody waits for the end when the stream is stopped. */
  #unlessStopped<T>(reading: Promise<T | undefined>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      this.#release = reject;
      reading.then((filled) => {
        this.#release = undefined;
        if (this.#stopAs !== undefined && filled !== undefined) return this.#stop(this.#stopAs);
        if (this.#stopAs !== undefined) this.#over();
        resolve(filled);
      }, (error) => {
        this.#release = undefined;
        this.#over();
        reject(error);
      });
    });
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.onOver?.();
  }

  #makeRoom(): void {
    if (this.start === this.end) this.start = this.end = 0;
    if (this.#wasFull && this.bytes.length < READ_BUFFER_BYTES) {
      return this.#grow(READ_BUFFER_BYTES);
    }
    if (this.end < this.bytes.length) return;
    if (this.start === 0) return this.#grow(this.#maxCapacity);
    this.bytes.copyWithin(0, this.start, this.end);
    this.end -= this.start;
    this.start = 0;
  }

  #grow(limit: number): void {
    const capacity = Math.min(limit, this.bytes.length * 2);
    if (capacity <= this.bytes.length) {
      throw new DecodeError("malformed", `More than ${limit} bytes at once`);
    }
    const larger = takeMemory(capacity);
    larger.set(this.bytes.subarray(this.start, this.end));
    this.bytes = larger;
    this.end -= this.start;
    this.start = 0;
  }
}

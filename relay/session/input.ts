import { DecodeError, type StreamCodes, type StreamErrorName } from "@qumo/shared/wire";
import { TransportError } from "../transport/errors.ts";
import { takeMemory } from "../track/mod.ts";
import type { ReceiveStream } from "../transport/types.ts";
import { FIRST_BUFFER_BYTES, READ_BUFFER_BYTES } from "./limits.ts";

/** Properties of a stream, and a callback at its end. */
export interface InputOptions {
  /** The codes that the peer's dialect has for why a stream is stopped. */
  readonly codes: StreamCodes;
  /** Whether the transport can stop a stream only after a pending read has got bytes. */
  readonly stopsLate?: boolean;
  /** The size to begin with; absent: that for data. */
  readonly firstBytes?: number;
  /** Called once, when the stream no longer counts against the peer's stream limit. */
  readonly onOver?: () => void;
}

/**
 * A read buffer of a stream: its unread bytes are between `start` and `end` of `bytes`. Decoders
 * run synchronously on the buffer; when they need more, the caller fills it.
 */
export class Input {
  bytes: Uint8Array<ArrayBuffer>;
  start = 0;
  end = 0;
  readonly #stream: ReceiveStream;
  readonly #maxCapacity: number;
  readonly #options: InputOptions;
  // Whether the last read filled the buffer, so that more is likely available.
  #wasFull = false;
  #ended = false;
  #failure: unknown;
  // Rejects pending waits; set while a read is pending that cannot be stopped.
  #release: ((error: Error) => void) | undefined;
  // The reason to stop the stream with once that read gets bytes.
  #stopAs: StreamErrorName | undefined;
  #isOver = false;

  /**
   * Starts small, since many streams are short or silent; grows while reads fill the buffer, and up
   * to `maxCapacity` bytes for an item that must be contiguous.
   */
  constructor(stream: ReceiveStream, maxCapacity: number, options: InputOptions) {
    this.bytes = takeMemory(options.firstBytes ?? FIRST_BUFFER_BYTES);
    this.#stream = stream;
    this.#maxCapacity = maxCapacity;
    this.#options = options;
  }

  /** The number of unread bytes. */
  get length(): number {
    return this.end - this.start;
  }

  /** Whether the stream ended with unread bytes, which were lost with the buffer. */
  get isBrokenOff(): boolean {
    return this.#ended && this.length > 0;
  }

  /**
   * Waits for more bytes; false at the end of the stream, and ever after. An error is permanent
   * too.
   */
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
    // The buffer and its unread bytes are lost with the stream.
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
    // The read transferred the buffer: the same memory under a new object.
    if (filled.buffer !== this.bytes.buffer) {
      this.bytes = new Uint8Array(filled.buffer);
      this.end = filled.byteOffset;
    }
    this.end += filled.length;
    this.#wasFull = this.end === this.bytes.length;
    return true;
  };

  /** Stops the stream; if that is not possible now, as soon as the peer sends something. */
  stop(code: StreamErrorName): void {
    if (this.#release === undefined) return this.#stop(code);
    this.#stopAs ??= code;
    this.#release(new TransportError("reset", 0, "Cannot read: stopped on this side"));
  }

  #stop(code: StreamErrorName): void {
    this.#stream.stop(this.#options.codes[code]);
    this.#over();
  }

  /** Rejects when the stream is stopped while the read is pending. */
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

import { rfc9000 } from "@qumo/shared/wire";
import { QmuxError } from "./codes.ts";

/** Where larger integers end: limits of peers that want none are up to 2^62-1. */
const MANY = Number.MAX_SAFE_INTEGER;

/** Reads the fields of frames; throws a {@linkcode QmuxError} when the bytes end too early. */
export class ByteCursor {
  readonly #bytes: Uint8Array;
  readonly #code: number;
  #at = 0;

  /** `code` is that of the error. */
  constructor(bytes: Uint8Array, code: number) {
    this.#bytes = bytes;
    this.#code = code;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** The next byte, which stays. */
  get peek(): number | undefined {
    return this.#bytes[this.#at];
  }

  /** Skips one byte. */
  skip(): void {
    this.#at++;
  }

  /** An integer that must be exact, such as an id or an offset. */
  exact(what: string): number {
    const value = rfc9000.readNumber(this.#bytes, this.#takeInteger());
    if (value < 0) throw new QmuxError(this.#code, `${what} is above 2^53-1`);
    return value;
  }

  /** An integer such as a limit or a code, where 2^53-1 stands for any larger one. */
  capped(): number {
    const value = rfc9000.readNumber(this.#bytes, this.#takeInteger());
    return value < 0 ? MANY : value;
  }

  /** An integer of any size. */
  big(): bigint {
    return rfc9000.read(this.#bytes, this.#takeInteger());
  }

  /** A view of the next bytes. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** A view of all bytes left. */
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  #takeInteger(): number {
    const first = this.peek;
    if (first === undefined) throw this.#short();
    return this.#take(rfc9000.lengthFrom(first));
  }

  #take(length: number): number {
    if (length > this.remaining) throw this.#short();
    const at = this.#at;
    this.#at += length;
    return at;
  }

  #short(): QmuxError {
    return new QmuxError(this.#code, "the record ends within a frame");
  }
}

import { DecodeError, EncodeError } from "./errors.ts";
import type { Oddity } from "./oddity.ts";
import type { VarintFormat } from "./varint.ts";

/** A cursor over a complete byte string. It returns views and never copies. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #varint: VarintFormat;
  readonly #end: number;
  #at: number;
  /** Collects accepted deviations from the draft; undefined to refuse them. */
  oddities: Oddity[] | undefined;

  constructor(bytes: Uint8Array, varint: VarintFormat, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#varint = varint;
    this.#at = at;
    this.#end = end;
  }

  /** The integer format of the dialect. */
  get format(): VarintFormat {
    return this.#varint;
  }

  /** Offset of the next byte. */
  get offset(): number {
    return this.#at;
  }

  /** The number of bytes left. */
  get remaining(): number {
    return this.#end - this.#at;
  }

  /** Reads one byte. */
  u8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  /** Reads two bytes, big-endian. */
  u16(): number {
    const at = this.#take(2);
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!;
  }

  /** Reads an integer in the dialect's format. */
  varint(): bigint {
    return this.#varint.read(this.#bytes, this.#takeVarint());
  }

  /** Reads a length or count; throws above `limit`, with `what` in the message. */
  count(limit: number, what: string): number {
    const value = this.#varint.readNumber(this.#bytes, this.#takeVarint());
    if (value < 0 || value > limit) {
      throw new DecodeError("malformed", `${what} above the limit of ${limit}`);
    }
    return value;
  }

  /** Reads a view of the next `length` bytes. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Reads a view of all bytes left. */
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  /** A reader of the next `length` bytes, which this reader skips. */
  within(length: number): ByteReader {
    const at = this.#take(length);
    return new ByteReader(this.#bytes, this.#varint, at, at + length);
  }

  /** Throws when bytes are left. */
  end(what: string): void {
    if (this.remaining > 0) {
      throw new DecodeError("malformed", `${this.remaining} bytes too many at the end of ${what}`);
    }
  }

  #takeVarint(): number {
    if (this.#at >= this.#end) throw new DecodeError("short", "The bytes end before an integer");
    return this.#take(this.#varint.lengthFrom(this.#bytes[this.#at]!));
  }

  #take(length: number): number {
    if (length > this.remaining) {
      throw new DecodeError("short", `${length} bytes expected, ${this.remaining} left`);
    }
    const at = this.#at;
    this.#at += length;
    return at;
  }
}

const INITIAL_CAPACITY = 256;

/** A growing buffer for encoding. */
export class ByteWriter {
  #bytes = new Uint8Array(INITIAL_CAPACITY);
  readonly #varint: VarintFormat;
  #length = 0;

  constructor(varint: VarintFormat) {
    this.#varint = varint;
  }

  /** The integer format of the dialect. */
  get format(): VarintFormat {
    return this.#varint;
  }

  /** The number of bytes written. */
  get length(): number {
    return this.#length;
  }

  /** Writes one byte. */
  u8(value: number): void {
    if (value !== (value & 0xff)) throw new EncodeError(`Cannot encode ${value} in one byte`);
    const at = this.#reserve(1);
    this.#bytes[at] = value;
  }

  /** Writes two bytes, big-endian. */
  u16(value: number): void {
    if (value !== (value & 0xffff)) throw new EncodeError(`Cannot encode ${value} in two bytes`);
    const at = this.#reserve(2);
    this.#bytes[at] = value >> 8;
    this.#bytes[at + 1] = value;
  }

  /** Writes an integer in the dialect's format. */
  varint(value: bigint): void {
    const at = this.#reserve(this.#varint.sizeOf(value));
    this.#varint.write(this.#bytes, at, value);
  }

  /** Writes a length or count. */
  count(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new EncodeError(`Cannot encode ${value} as a count`);
    }
    const at = this.#reserve(this.#varint.sizeOfNumber(value));
    this.#varint.writeNumber(this.#bytes, at, value);
  }

  /** Writes a copy of these bytes. */
  bytes(value: Uint8Array): void {
    const at = this.#reserve(value.length);
    this.#bytes.set(value, at);
  }

  /** A copy of the written bytes. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(length: number): number {
    const at = this.#length;
    this.#length += length;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
    }
    return at;
  }
}

import { DecodeError, EncodeError } from "./errors.ts";
import type { Oddity } from "./oddity.ts";
import type { VarintFormat } from "./varint.ts";

/** A cursor over complete bytes. Everything it returns is a view, nothing is copied. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #varint: VarintFormat;
  readonly #end: number;
  #at: number;
  /** Collects deviations from the draft that are accepted; undefined to refuse them. */
  oddities: Oddity[] | undefined;

  constructor(bytes: Uint8Array, varint: VarintFormat, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#varint = varint;
    this.#at = at;
    this.#end = end;
  }

  /** The integer format of the dialect that is being read. */
  get format(): VarintFormat {
    return this.#varint;
  }

  /** Offset of the next byte. */
  get offset(): number {
    return this.#at;
  }

  /** Bytes that are left. */
  get remaining(): number {
    return this.#end - this.#at;
  }

  /** One byte. */
  u8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  /** Two bytes, big-endian. */
  u16(): number {
    const at = this.#take(2);
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!;
  }

  /** An integer of the dialect's format. */
  varint(): bigint {
    return this.#varint.read(this.#bytes, this.#takeVarint());
  }

  /** A length or a count, refused above `limit`, which is called `what` in the error. */
  count(limit: number, what: string): number {
    const value = this.#varint.readNumber(this.#bytes, this.#takeVarint());
    if (value < 0 || value > limit) {
      throw new DecodeError("malformed", `${what} above the limit of ${limit}`);
    }
    return value;
  }

  /** A view of the next `length` bytes. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** A view of everything that is left. */
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  /** A reader of the next `length` bytes, which this reader skips. */
  within(length: number): ByteReader {
    const at = this.#take(length);
    return new ByteReader(this.#bytes, this.#varint, at, at + length);
  }

  /** Throws when bytes are left that were not read. */
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

/** A buffer that bytes are written to. */
export class ByteWriter {
  #bytes = new Uint8Array(INITIAL_CAPACITY);
  readonly #varint: VarintFormat;
  #length = 0;

  constructor(varint: VarintFormat) {
    this.#varint = varint;
  }

  /** The integer format of the dialect that is being written. */
  get format(): VarintFormat {
    return this.#varint;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** One byte. */
  u8(value: number): void {
    if (value !== (value & 0xff)) throw new EncodeError(`Cannot encode ${value} in one byte`);
    const at = this.#reserve(1);
    this.#bytes[at] = value;
  }

  /** Two bytes, big-endian. */
  u16(value: number): void {
    if (value !== (value & 0xffff)) throw new EncodeError(`Cannot encode ${value} in two bytes`);
    const at = this.#reserve(2);
    this.#bytes[at] = value >> 8;
    this.#bytes[at + 1] = value;
  }

  /** An integer of the dialect's format. */
  varint(value: bigint): void {
    const at = this.#reserve(this.#varint.sizeOf(value));
    this.#varint.write(this.#bytes, at, value);
  }

  /** A length or a count. */
  count(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new EncodeError(`Cannot encode ${value} as a count`);
    }
    const at = this.#reserve(this.#varint.sizeOfNumber(value));
    this.#varint.writeNumber(this.#bytes, at, value);
  }

  /** These bytes, copied. */
  bytes(value: Uint8Array): void {
    const at = this.#reserve(value.length);
    this.#bytes.set(value, at);
  }

  /** A copy of what was written. */
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

import { DecodeError, EncodeError } from "./errors.ts";

/**
 * A variable-length integer format. All methods work on plain arrays and offsets, so that the hot
 * paths can use them without making objects.
 */
export interface VarintFormat {
  readonly name: "vi64" | "rfc9000";
  /** The largest value it can carry. */
  readonly max: bigint;
  /** The form that is long enough for every integer: its first byte for small ones, and its bytes. */
  readonly longest: { readonly first: number; readonly bytes: number };
  /** How many bytes the integer takes whose first byte is this. */
  lengthFrom(first: number): number;
  /** Reads the integer at `at`; the caller knows that all its bytes are there. */
  read(bytes: Uint8Array, at: number): bigint;
  /** As {@linkcode VarintFormat.read}, as a number; -1 when the value is above 2^53-1. */
  readNumber(bytes: Uint8Array, at: number): number;
  /** How many bytes the shortest form of `value` takes. */
  sizeOf(value: bigint): number;
  /** Writes the shortest form and returns the offset behind it. */
  write(bytes: Uint8Array, at: number, value: bigint): number;
  /** As {@linkcode VarintFormat.sizeOf}, of a whole number from 0 to 2^53-1. */
  sizeOfNumber(value: number): number;
  /** As {@linkcode VarintFormat.write}, of a whole number from 0 to 2^53-1. */
  writeNumber(bytes: Uint8Array, at: number, value: number): number;
}

const UINT32 = 2 ** 32;
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** Big-endian bytes as a number; -1 above 2^53-1. `first` carries the bits of the first byte. */
function numberFrom(first: number, bytes: Uint8Array, from: number, to: number): number {
  let high = 0;
  let low = first;
  for (let at = from; at < to; at++) {
    high = (high * 256 + Math.floor(low / 0x1000000)) % UINT32;
    low = (low % 0x1000000) * 256 + bytes[at]!;
  }
  return high > 0x1fffff ? -1 : high * UINT32 + low;
}

function bigintFrom(first: number, bytes: Uint8Array, from: number, to: number): bigint {
  let value = BigInt(first);
  for (let at = from; at < to; at++) value = (value << 8n) | BigInt(bytes[at]!);
  return value;
}

function writeBigEndian(bytes: Uint8Array, at: number, length: number, value: bigint): void {
  for (let index = length - 1; index >= 0; index--) {
    bytes[at + index] = Number(value & 0xffn);
    value >>= 8n;
  }
}

function refuseUnencodable(value: bigint, format: VarintFormat): never {
  throw new EncodeError(`Cannot encode ${value}: ${format.name} carries 0 to ${format.max}`);
}

/** `vi64` of draft 18 and later: leading ones count the bytes that follow, 1 to 9 bytes, 64 bits. */
export const vi64: VarintFormat = {
  name: "vi64",
  max: 2n ** 64n - 1n,
  longest: { first: 0xff, bytes: 9 },
  lengthFrom(first) {
    const ones = Math.clz32((~first & 0xff) << 24);
    return ones > 8 ? 9 : ones + 1;
  },
  read(bytes, at) {
    const number = vi64.readNumber(bytes, at);
    if (number >= 0) return BigInt(number);
    const first = bytes[at]!;
    const length = vi64.lengthFrom(first);
    return bigintFrom(vi64FirstBits(first, length), bytes, at + 1, at + length);
  },
  readNumber(bytes, at) {
    const first = bytes[at]!;
    if (first < 0x80) return first;
    if (first < 0xc0) return ((first & 0x3f) << 8) | bytes[at + 1]!;
    const length = vi64.lengthFrom(first);
    return numberFrom(vi64FirstBits(first, length), bytes, at + 1, at + length);
  },
  sizeOf(value) {
    if (value < 0n || value > vi64.max) refuseUnencodable(value, vi64);
    if (value <= MAX_SAFE) return vi64SizeOfNumber(Number(value));
    return value < 1n << 56n ? 8 : 9;
  },
  write(bytes, at, value) {
    const length = vi64.sizeOf(value);
    if (value <= MAX_SAFE) return writeVi64Number(bytes, at, Number(value));
    if (length === 9) {
      bytes[at] = 0xff;
      writeBigEndian(bytes, at + 1, 8, value);
    } else {
      writeBigEndian(bytes, at, length, value);
      bytes[at]! |= (0xff00 >> (length - 1)) & 0xff;
    }
    return at + length;
  },
  sizeOfNumber: vi64SizeOfNumber,
  writeNumber: writeVi64Number,
};

/** The bits of the first byte that belong to the value. */
function vi64FirstBits(first: number, length: number): number {
  return length >= 8 ? 0 : first & (0x7f >> (length - 1));
}

/** The integer of RFC 9000, 1, 2, 4 or 8 bytes, 62 bits: drafts up to 16 and moq-lite. */
export const rfc9000: VarintFormat = {
  name: "rfc9000",
  max: 2n ** 62n - 1n,
  longest: { first: 0xc0, bytes: 8 },
  lengthFrom: (first) => 1 << (first >> 6),
  read(bytes, at) {
    const first = bytes[at]!;
    return bigintFrom(first & 0x3f, bytes, at + 1, at + rfc9000.lengthFrom(first));
  },
  readNumber(bytes, at) {
    const first = bytes[at]!;
    return numberFrom(first & 0x3f, bytes, at + 1, at + rfc9000.lengthFrom(first));
  },
  sizeOf(value) {
    if (value < 0n || value > rfc9000.max) refuseUnencodable(value, rfc9000);
    if (value < 1n << 6n) return 1;
    if (value < 1n << 14n) return 2;
    return value < 1n << 30n ? 4 : 8;
  },
  write(bytes, at, value) {
    const length = rfc9000.sizeOf(value);
    writeBigEndian(bytes, at, length, value);
    bytes[at]! |= Math.log2(length) << 6;
    return at + length;
  },
  sizeOfNumber: (value) => value < 0x40 ? 1 : rfc9000.sizeOf(BigInt(value)),
  writeNumber: (bytes, at, value) => rfc9000.write(bytes, at, BigInt(value)),
};

/** How many bytes the `vi64` of a number takes; the number is a whole one from 0 to 2^53-1. */
export function vi64SizeOfNumber(value: number): number {
  let length = 1;
  for (let bound = 0x80; value >= bound && length < 8; bound *= 0x80) length++;
  return length;
}

/** Writes the shortest `vi64` of a number from 0 to 2^53-1 and returns the offset behind it. */
export function writeVi64Number(bytes: Uint8Array, at: number, value: number): number {
  const length = vi64SizeOfNumber(value);
  let rest = value;
  for (let index = length - 1; index >= 0; index--) {
    bytes[at + index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[at]! |= (0xff00 >> (length - 1)) & 0xff;
  return at + length;
}

/** The whole of `bytes` as one integer of this format: for values that are an integer and nothing else. */
export function decodeWhole(bytes: Uint8Array, format: VarintFormat): bigint {
  const first = bytes[0];
  if (first === undefined || format.lengthFrom(first) !== bytes.length) {
    throw new DecodeError("malformed", "An integer does not fill its field");
  }
  return format.read(bytes, 0);
}

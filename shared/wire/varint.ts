import { DecodeError, EncodeError } from "./errors.ts";

/**
 * A variable-length integer format. All methods use plain arrays and offsets, so that hot paths
 * allocate no objects.
 */
export interface VarintFormat {
  readonly name: "vi64" | "vi64 without 7" | "rfc9000";
  /** The largest value. */
  readonly max: bigint;
  /** The longest encoding: its first byte for small values, and its size in bytes. */
  readonly longest: { readonly first: number; readonly bytes: number };
  /** The size of an integer by its first byte. */
  lengthFrom(first: number): number;
  /** Reads the integer at `at`; the caller has checked that its bytes are present. */
  read(bytes: Uint8Array, at: number): bigint;
  /** As {@linkcode VarintFormat.read}, but returns a number; -1 for values above 2^53-1. */
  readNumber(bytes: Uint8Array, at: number): number;
  /** The size of the shortest encoding of `value`. */
  sizeOf(value: bigint): number;
  /** Writes the shortest encoding and returns the offset behind it. */
  write(bytes: Uint8Array, at: number, value: bigint): number;
  /** As {@linkcode VarintFormat.sizeOf}, for an integer from 0 to 2^53-1. */
  sizeOfNumber(value: number): number;
  /** As {@linkcode VarintFormat.write}, for an integer from 0 to 2^53-1. */
  writeNumber(bytes: Uint8Array, at: number, value: number): number;
}

const UINT32 = 2 ** 32;
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** Big-endian bytes as a number; -1 above 2^53-1. `first` has the value bits of the first byte. */
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

/**
 * `vi64` of draft 18 and later: the leading ones of the first byte count the following bytes; 1 to
 * 9 bytes, 64 bits.
 */
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

const SEVEN_FROM = 2n ** 42n;
const SEVEN_TO = 2n ** 49n;

/** `vi64` of draft 17, which has none of 7 bytes: what needs 7 takes 8. */
export const vi64WithoutSeven: VarintFormat = {
  ...vi64,
  name: "vi64 without 7",
  lengthFrom(first) {
    const length = vi64.lengthFrom(first);
    if (length === 7) throw new DecodeError("malformed", "There is no integer of 7 bytes");
    return length;
  },
  sizeOf: (value) => value >= SEVEN_FROM && value < SEVEN_TO ? 8 : vi64.sizeOf(value),
  write(bytes, at, value) {
    if (value < SEVEN_FROM || value >= SEVEN_TO) return vi64.write(bytes, at, value);
    bytes[at] = 0xfe;
    writeBigEndian(bytes, at + 1, 7, value);
    return at + 8;
  },
  sizeOfNumber: (value) => vi64WithoutSeven.sizeOf(BigInt(value)),
  writeNumber: (bytes, at, value) => vi64WithoutSeven.write(bytes, at, BigInt(value)),
};

/** The value bits of the first byte. */
function vi64FirstBits(first: number, length: number): number {
  return length >= 8 ? 0 : first & (0x7f >> (length - 1));
}

/** RFC 9000's integer of 1, 2, 4 or 8 bytes, 62 bits: drafts up to 16 and moq-lite. */
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
  sizeOfNumber: rfc9000SizeOfNumber,
  writeNumber: writeRfc9000Number,
};

function rfc9000SizeOfNumber(value: number): number {
  if (value < 0x40) return 1;
  if (value < 0x4000) return 2;
  return value < 0x40000000 ? 4 : 8;
}

function writeRfc9000Number(bytes: Uint8Array, at: number, value: number): number {
  const length = rfc9000SizeOfNumber(value);
  let rest = value;
  for (let index = length - 1; index >= 0; index--) {
    bytes[at + index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[at]! |= RFC9000_TAGS[length]!;
  return at + length;
}

/** The first two bits, by how many bytes there are. */
const RFC9000_TAGS: readonly number[] = [0, 0, 0x40, 0, 0x80, 0, 0, 0, 0xc0];

/** The size of a number's `vi64`; the number is an integer from 0 to 2^53-1. */
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

/** Decodes `bytes` as exactly one integer of this format. */
export function decodeWhole(bytes: Uint8Array, format: VarintFormat): bigint {
  const first = bytes[0];
  if (first === undefined || format.lengthFrom(first) !== bytes.length) {
    throw new DecodeError("malformed", "An integer does not fill its field");
  }
  return format.read(bytes, 0);
}

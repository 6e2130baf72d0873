/** Integers with an N-bit prefix (RFC 7541, section 5.1, as QPACK uses them). */
import { Http3Code, Http3Error } from "../codes.ts";

// A field section has at most 2^14 bytes, so four bytes after the prefix are enough.
const MAX_EXTRA_BYTES = 4;

/** The position of decoding in a field section. */
export interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

/** Reads a byte. Throws an {@linkcode Http3Error} at the end of the bytes. */
export function takeByte(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.at];
  if (byte === undefined) throw malformed("it ends too early");
  cursor.at++;
  return byte;
}

/**
 * Decodes an integer whose first `bits` bits are the low bits of `first`, which was read already.
 */
export function decodeInteger(cursor: Cursor, first: number, bits: number): number {
  const mask = 2 ** bits - 1;
  let value = first & mask;
  if (value < mask) return value;
  for (let extra = 0; extra < MAX_EXTRA_BYTES; extra++) {
    const byte = takeByte(cursor);
    value += (byte & 0x7f) * 2 ** (7 * extra);
    if (byte < 0x80) return value;
  }
  throw malformed("an integer is too large");
}

/** Encodes an integer behind the bits that `flags` sets above the prefix. */
export function encodeInteger(value: number, bits: number, flags: number): number[] {
  const mask = 2 ** bits - 1;
  if (value < mask) return [flags | value];
  const bytes = [flags | mask];
  let rest = value - mask;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push(rest % 0x80 | 0x80);
  bytes.push(rest);
  return bytes;
}

/** The error for a malformed field section. */
export function malformed(why: string): Http3Error {
  return new Http3Error(
    Http3Code.qpackDecompressionFailed,
    `Cannot decode the field section: ${why}`,
  );
}

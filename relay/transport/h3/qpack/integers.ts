/** Integers with an N-bit prefix (RFC 7541, section 5.1, as QPACK uses them). */
import { Http3Code, Http3Error } from "../codes.ts";

// 2^14 bytes is all that a field section may have, so four bytes after the prefix are plenty.
const MAX_EXTRA_BYTES = 4;

/** Where decoding stands in a field section. */
export interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

/** The next byte. Throws an {@linkcode Http3Error} at the end of the bytes. */
export function takeByte(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.at];
  if (byte === undefined) throw malformed("it ends too early");
  cursor.at++;
  return byte;
}

/** An integer whose first `bits` bits are the low ones of `first`, a byte already taken. */
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

/** An integer behind the bits that `flags` sets above the prefix. */
export function encodeInteger(value: number, bits: number, flags: number): number[] {
  const mask = 2 ** bits - 1;
  if (value < mask) return [flags | value];
  const bytes = [flags | mask];
  let rest = value - mask;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push(rest % 0x80 | 0x80);
  bytes.push(rest);
  return bytes;
}

/** The error for a field section that does not decode. */
export function malformed(why: string): Http3Error {
  return new Http3Error(
    Http3Code.qpackDecompressionFailed,
    `Cannot decode the field section: ${why}`,
  );
}

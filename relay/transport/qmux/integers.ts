/** QUIC's variable-length integers (RFC 9000, section 16) as numbers. */
import { rfc9000 } from "@qumo/shared/wire";

/** The size of the shortest encoding of an integer from 0 to 2^53-1. */
export function sizeOf(value: number): number {
  if (value < 0x40) return 1;
  if (value < 0x4000) return 2;
  return value < 0x40000000 ? 4 : 8;
}

/** Writes the shortest encoding of an integer from 0 to 2^53-1, and returns the offset behind it. */
export function write(bytes: Uint8Array, at: number, value: number): number {
  if (value < 0x40) {
    bytes[at] = value;
    return at + 1;
  }
  if (value < 0x4000) {
    bytes[at] = 0x40 | (value >> 8);
    bytes[at + 1] = value;
    return at + 2;
  }
  if (value >= 0x40000000) return rfc9000.write(bytes, at, BigInt(value));
  bytes[at] = 0x80 | (value >> 24);
  bytes[at + 1] = value >> 16;
  bytes[at + 2] = value >> 8;
  bytes[at + 3] = value;
  return at + 4;
}

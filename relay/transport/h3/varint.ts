/** The variable-length integers of QUIC (RFC 9000, section 16). */

/** The largest integer that fits. */
export const MAX_VARINT = 2n ** 62n - 1n;

/** How many bytes an integer takes whose first byte is this one. */
export function varintLength(first: number): number {
  return 1 << (first >> 6);
}

/** An integer and where it ends, or undefined when `bytes` end before it. */
export function decodeVarint(
  bytes: Uint8Array,
  offset = 0,
): { readonly value: bigint; readonly end: number } | undefined {
  const first = bytes[offset];
  if (first === undefined) return undefined;
  const end = offset + varintLength(first);
  if (end > bytes.length) return undefined;
  let value = BigInt(first & 0x3f);
  for (let at = offset + 1; at < end; at++) value = value << 8n | BigInt(bytes[at]!);
  return { value, end };
}

/** The shortest encoding. Throws a RangeError for what does not fit. */
export function encodeVarint(value: bigint): Uint8Array<ArrayBuffer> {
  if (value < 0n || value > MAX_VARINT) throw new RangeError(`Cannot encode ${value} as a varint`);
  const exponent = value < 1n << 6n ? 0 : value < 1n << 14n ? 1 : value < 1n << 30n ? 2 : 3;
  const bytes = new Uint8Array(1 << exponent);
  let rest = value;
  for (let at = bytes.length - 1; at >= 0; at--) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  bytes[0]! |= exponent << 6;
  return bytes;
}

/** The parts, one after the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

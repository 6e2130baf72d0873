/** QUIC's variable-length integers (RFC 9000, section 16) for HTTP/3. */
import { rfc9000 } from "@qumo/shared/wire";

/** An integer and the offset behind it; undefined when `bytes` end within it. */
export function decodeVarint(
  bytes: Uint8Array,
  offset = 0,
): { readonly value: bigint; readonly end: number } | undefined {
  const first = bytes[offset];
  if (first === undefined) return undefined;
  const end = offset + rfc9000.lengthFrom(first);
  return end > bytes.length ? undefined : { value: rfc9000.read(bytes, offset), end };
}

/** The shortest encoding. Throws for values above 2^62-1. */
export function encodeVarint(value: bigint): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(rfc9000.sizeOf(value));
  rfc9000.write(bytes, 0, value);
  return bytes;
}

/** The concatenation of the parts. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/*
 * What of ASN.1's distinguished encoding a certificate is written in. Written here because the libraries
 * that write certificates take 15 MiB and half of the time of a start.
 */

const TAG = {
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** A value with its tag and length. */
export type Der = Uint8Array<ArrayBuffer>;

/** A value of this tag, which is made of these parts. */
export function tagged(tag: number, ...parts: readonly Uint8Array[]): Der {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  const length = size < 0x80
    ? [size]
    : size < 0x100
    ? [0x81, size]
    : [0x82, size >> 8, size & 0xff];
  const bytes = new Uint8Array(1 + length.length + size);
  bytes.set([tag, ...length]);
  let at = 1 + length.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Values in their order. */
export function sequence(...parts: readonly Uint8Array[]): Der {
  return tagged(TAG.sequence, ...parts);
}

/** A set of one value. */
export function setOf(value: Uint8Array): Der {
  return tagged(TAG.set, value);
}

/** The whole number, not negative, whose bytes these are, the highest first. */
export function integer(bytes: Uint8Array): Der {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? bytes.subarray(-1) : bytes.subarray(first);
  const sign = digits[0]! >= 0x80 ? [0] : [];
  return tagged(TAG.integer, new Uint8Array(sign), digits);
}

/** Bits, of which the last byte has this many that do not count. */
export function bitString(bytes: Uint8Array, unused = 0): Der {
  return tagged(TAG.bits, new Uint8Array([unused]), bytes);
}

/** Bytes, of another encoding say. */
export function octetString(bytes: Uint8Array): Der {
  return tagged(TAG.octets, bytes);
}

/** The name of a thing, `1.2.840.10045.4.3.2`, that somebody registered. */
export function objectId(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return tagged(TAG.oid, new Uint8Array([first * 40 + second, ...rest.flatMap(base128)]));
}

/** Text. */
export function utf8(text: string): Der {
  return tagged(TAG.utf8, new TextEncoder().encode(text));
}

/** A moment in milliseconds since 1970, to the second: the shorter form as long as it reaches. */
export function time(milliseconds: number): Der {
  const digits = new Date(milliseconds).toISOString().replace(/\.\d+|[-:T]/g, "");
  const isShort = Number(digits.slice(0, 4)) < 2050;
  const text = new TextEncoder().encode(isShort ? digits.slice(2) : digits);
  return tagged(isShort ? TAG.utcTime : TAG.generalizedTime, text);
}

/** True; false is a default, and so is left out. */
export const yes: Der = new Uint8Array([0x01, 0x01, 0xff]);

/** As a text file has it, with a line before and after. */
export function pem(label: string, bytes: Uint8Array): string {
  const lines = bytes.toBase64().match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift(rest & 0x7f | 0x80);
  return bytes;
}

/**
 * Field sections without a dynamic table (RFC 9204, section 4.5), which SETTINGS does not offer.
 */
import { FIELD_OVERHEAD, MAX_FIELD_SECTION_SIZE } from "../limits.ts";
import { decodeHuffman } from "./huffman.ts";
import { type Cursor, decodeInteger, encodeInteger, malformed, takeByte } from "./integers.ts";
import { type Field, STATIC_TABLE } from "./static_table.ts";

/**
 * Decodes a field section, values as Latin-1. Throws an Http3Error for malformed sections, for
 * references to a dynamic table and for sections above the advertised size.
 */
export function decodeFieldSection(bytes: Uint8Array): Field[] {
  const cursor: Cursor = { bytes, at: 0 };
  if (decodeInteger(cursor, takeByte(cursor), 8) !== 0) throw malformed("it needs a dynamic table");
  const base = takeByte(cursor);
  decodeInteger(cursor, base, 7);
  if ((base & 0x80) !== 0) throw malformed("its base is negative");
  const fields: Field[] = [];
  let size = 0;
  while (cursor.at < bytes.length) {
    const field = decodeFieldLine(cursor);
    size += field[0].length + field[1].length + FIELD_OVERHEAD;
    if (size > MAX_FIELD_SECTION_SIZE) throw malformed("it is too large");
    fields.push(field);
  }
  return fields;
}

/**
 * Encodes fields with the static table and literals. Names must be lower case, all text Latin-1.
 */
export function encodeFieldSection(fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const bytes = [0, 0];
  for (const [name, value] of fields) {
    const index = STATIC_TABLE.findIndex((entry) => entry[0] === name && entry[1] === value);
    if (index >= 0) {
      bytes.push(...encodeInteger(index, 6, 0xc0));
      continue;
    }
    const nameIndex = STATIC_TABLE.findIndex((entry) => entry[0] === name);
    if (nameIndex >= 0) bytes.push(...encodeInteger(nameIndex, 4, 0x50));
    else bytes.push(...encodeInteger(name.length, 3, 0x20), ...latin1(name));
    bytes.push(...encodeInteger(value.length, 7, 0), ...latin1(value));
  }
  return new Uint8Array(bytes);
}

function decodeFieldLine(cursor: Cursor): Field {
  const first = takeByte(cursor);
  if (first >= 0x80) {
    if ((first & 0x40) === 0) throw malformed("it refers to a dynamic table");
    return staticEntry(decodeInteger(cursor, first, 6));
  }
  if (first >= 0x40) {
    if ((first & 0x10) === 0) throw malformed("it refers to a dynamic table");
    const [name] = staticEntry(decodeInteger(cursor, first, 4));
    return [name, decodeString(cursor, takeByte(cursor), 7)];
  }
  if (first >= 0x20) {
    const name = decodeString(cursor, first, 3);
    return [name, decodeString(cursor, takeByte(cursor), 7)];
  }
  throw malformed("it refers to a dynamic table");
}

function staticEntry(index: number): Field {
  const entry = STATIC_TABLE[index];
  if (entry === undefined) throw malformed(`the static table has no entry ${index}`);
  return entry;
}

/** Decodes a string whose length has a prefix of `bits` bits in `first`, below the Huffman flag. */
function decodeString(cursor: Cursor, first: number, bits: number): string {
  const length = decodeInteger(cursor, first, bits);
  const end = cursor.at + length;
  if (end > cursor.bytes.length) throw malformed("a string ends too early");
  const bytes = cursor.bytes.subarray(cursor.at, end);
  cursor.at = end;
  return text((first >> bits & 1) === 1 ? decodeHuffman(bytes) : bytes);
}

function text(bytes: Uint8Array): string {
  let result = "";
  for (const byte of bytes) result += String.fromCharCode(byte);
  return result;
}

function latin1(value: string): number[] {
  return Array.from(value, (character) => character.charCodeAt(0) & 0xff);
}

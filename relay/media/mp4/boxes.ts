import { MediaError } from "../errors.ts";

/** What a box is made of: bytes, or integers of so many bytes. */
export type Part = Uint8Array | { readonly bytes: 1 | 2 | 4 | 8; readonly value: number };

/** An integer of one byte. */
export const u8 = (value: number): Part => ({ bytes: 1, value });
/** An integer of two bytes. */
export const u16 = (value: number): Part => ({ bytes: 2, value });
/** An integer of four bytes; a negative one as its complement. */
export const u32 = (value: number): Part => ({ bytes: 4, value });
/** An integer of eight bytes, up to 2^53-1. */
export const u64 = (value: number): Part => ({ bytes: 8, value });
/** So many bytes of nothing. */
export const zeros = (count: number): Part => new Uint8Array(count);
/** Characters of ASCII. */
export const ascii = (text: string): Part => new TextEncoder().encode(text);

/** Parts, one after the other. */
export function join(parts: readonly Part[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + sizeOf(part), 0);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const part of parts) {
    if (part instanceof Uint8Array) bytes.set(part, at);
    else if (part.bytes === 8) view.setBigUint64(at, BigInt(part.value));
    else if (part.bytes === 4) view.setUint32(at, part.value);
    else if (part.bytes === 2) view.setUint16(at, part.value);
    else view.setUint8(at, part.value);
    at += sizeOf(part);
  }
  return bytes;
}

function sizeOf(part: Part): number {
  return part instanceof Uint8Array ? part.length : part.bytes;
}

/** A box of ISO/IEC 14496-12. */
export function box(type: string, ...parts: Part[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + sizeOf(part), 8);
  return join([u32(size), ascii(type), ...parts]);
}

/** A box with a version and flags. */
export function fullBox(
  type: string,
  { version = 0, flags = 0 }: { readonly version?: number; readonly flags?: number },
  ...parts: Part[]
): Uint8Array {
  return box(type, u32(version * 0x1000000 + flags), ...parts);
}

/** A box that was read. */
export interface ReadBox {
  readonly type: string;
  readonly body: Uint8Array;
}

/** The boxes that fill these bytes; throws where one is cut off. */
export function* boxesOf(bytes: Uint8Array): Generator<ReadBox> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length;) {
    if (at + 8 > bytes.length) throw new MediaError("A box is cut off");
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    let [size, head] = [view.getUint32(at), 8];
    if (size === 1 && at + 16 <= bytes.length) {
      size = Number(view.getBigUint64(at + 8));
      head = 16;
    } else if (size === 0) {
      size = bytes.length - at;
    }
    if (size < head || at + size > bytes.length) throw new MediaError(`A box ${type} is cut off`);
    yield { type, body: bytes.subarray(at + head, at + size) };
    at += size;
  }
}

/** The first box of a type in the boxes of these types, from the outside in; undefined for none. */
export function findBox(bytes: Uint8Array, ...path: string[]): Uint8Array | undefined {
  let body: Uint8Array | undefined = bytes;
  for (const type of path) {
    if (body === undefined) return undefined;
    body = boxesOf(body).find((one) => one.type === type)?.body;
  }
  return body;
}

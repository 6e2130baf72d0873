/** What a camera's encoder would give: the sizes of 1080p at about 4 Mbit/s, in groups of 2 seconds. */

/** Objects a second. */
export const RATE = 30;

/** Objects of a group, of which the first is a whole picture and the rest are changes. */
export const GROUP_OBJECTS = 60;

/** One object as it was published. */
export interface Picture {
  /** Counted over all groups, from 0. */
  readonly number: number;
  /** When it was published, in the publisher's milliseconds. */
  readonly stamp: number;
}

/** The payload of the object of this number. */
export function makePicture({ number, stamp }: Picture): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(sizeOf(number));
  const header = new DataView(payload.buffer);
  header.setFloat64(0, stamp);
  header.setUint32(STAMP_BYTES, number);
  for (let at = HEADER_BYTES; at < payload.length; at++) payload[at] = pixel(number, at);
  return payload;
}

/** Reads a payload; undefined when it is not, to the last byte, what was published. */
export function readPicture(payload: Uint8Array): Picture | undefined {
  if (payload.length < HEADER_BYTES) return undefined;
  const header = new DataView(payload.buffer, payload.byteOffset, HEADER_BYTES);
  const stamp = header.getFloat64(0);
  const number = header.getUint32(STAMP_BYTES);
  if (payload.length !== sizeOf(number)) return undefined;
  for (let at = HEADER_BYTES; at < payload.length; at++) {
    if (payload[at] !== pixel(number, at)) return undefined;
  }
  return { number, stamp };
}

const STAMP_BYTES = 8;
const HEADER_BYTES = 12;

/** 60 to 90 KB for a whole picture and about 15 KB for a change, never twice the same. */
function sizeOf(number: number): number {
  const scatter = (number * 7919) % 1000 / 1000;
  return number % GROUP_OBJECTS === 0
    ? 60_000 + Math.floor(30_000 * scatter)
    : 12_000 + Math.floor(6_000 * scatter);
}

function pixel(number: number, at: number): number {
  return (31 * number + at) & 0xff;
}

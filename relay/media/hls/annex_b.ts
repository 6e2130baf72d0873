import { join, u16, u32, u8 } from "../mp4/boxes.ts";
import { MAX_DESCRIPTION_BYTES } from "../limits.ts";

/** What a frame of H.264 with start codes becomes in MP4. */
export interface UnpackedFrame {
  /** The frame, with the length of each unit before it. */
  readonly data: Uint8Array;
  /** The content of avcC, when the frame has parameter sets. */
  readonly description: Uint8Array | undefined;
}

const SEQUENCE_SET = 7;
const PICTURE_SET = 8;
const DELIMITER = 9;

/** Whether a frame begins with a start code, not with a length. */
export function isAnnexB(data: Uint8Array): boolean {
  return data[0] === 0 && data[1] === 0 && (data[2] === 1 || data[2] === 0 && data[3] === 1);
}

/** Turns a frame of H.264 with start codes (Annex B) into one with lengths. */
export function unpackAvc(data: Uint8Array): UnpackedFrame {
  const sets: { sequence: Uint8Array[]; picture: Uint8Array[] } = { sequence: [], picture: [] };
  const kept: Uint8Array[] = [];
  for (const unit of unitsOf(data)) {
    const type = unit[0]! & 31;
    if (type === SEQUENCE_SET) sets.sequence.push(unit);
    else if (type === PICTURE_SET) sets.picture.push(unit);
    else if (type !== DELIMITER) kept.push(unit);
  }
  const parts = kept.flatMap((unit) => [u32(unit.length), unit]);
  return { data: join(parts), description: avcRecord(sets.sequence, sets.picture) };
}

/** The units between start codes. */
function* unitsOf(data: Uint8Array): Generator<Uint8Array> {
  let start = -1;
  for (let at = 0; at + 2 < data.length; at++) {
    if (data[at] !== 0 || data[at + 1] !== 0 || data[at + 2] !== 1) continue;
    if (start >= 0) yield* unit(data, start, at);
    start = at + 3;
    at += 2;
  }
  if (start >= 0) yield* unit(data, start, data.length);
}

/** A unit without the zeros that belong to the next start code. */
function* unit(data: Uint8Array, from: number, to: number): Generator<Uint8Array> {
  let end = to;
  while (end > from && data[end - 1] === 0) end--;
  if (end > from) yield data.subarray(from, end);
}

/** An AVCDecoderConfigurationRecord of parameter sets (ISO/IEC 14496-15, 5.3.3). */
function avcRecord(
  sequence: readonly Uint8Array[],
  picture: readonly Uint8Array[],
): Uint8Array | undefined {
  const [first] = sequence;
  if (first === undefined || first.length < 4 || picture.length === 0) return undefined;
  const sets = (list: readonly Uint8Array[]) => list.flatMap((set) => [u16(set.length), set]);
  const record = join([
    u8(1),
    first.subarray(1, 4),
    u8(0xff),
    u8(0xe0 | Math.min(sequence.length, 31)),
    ...sets(sequence.slice(0, 31)),
    u8(Math.min(picture.length, 255)),
    ...sets(picture.slice(0, 255)),
  ]);
  return record.length > MAX_DESCRIPTION_BYTES ? undefined : record;
}

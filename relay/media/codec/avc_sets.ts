import { MediaError } from "../errors.ts";
import { BitReader, unescaped } from "./bit_reader.ts";

/** What a sequence parameter set of H.264 says (H.264, 7.3.2.1.1). */
export interface AvcSequence {
  readonly id: number;
  readonly width: number;
  readonly height: number;
  /** Frames a second; undefined where it does not say it. */
  readonly framerate?: number;
}

/** Chroma formats have a field of their own in these profiles. */
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/** Reference frames of a cycle of picture orders, at most. */
const MAX_CYCLE = 255;

/** Reads a sequence parameter set; throws {@linkcode MediaError} for what is none. */
export function readAvcSequence(set: Uint8Array): AvcSequence {
  const reader = new BitReader(unescaped(set.subarray(1)));
  const profile = reader.bits(8);
  reader.skip(16);
  const id = reader.golomb();
  const chroma = HIGH_PROFILES.has(profile) ? highProfile(reader) : 1;
  reader.golomb();
  const order = reader.golomb();
  if (order === 0) reader.golomb();
  else if (order === 1) orderCycle(reader);
  reader.golomb();
  reader.skip(1);
  const across = reader.golomb() + 1;
  const down = reader.golomb() + 1;
  const isFrame = reader.flag();
  if (!isFrame) reader.skip(1);
  reader.skip(1);
  const crop = reader.flag() ? Array.from({ length: 4 }, () => reader.golomb()) : [0, 0, 0, 0];
  const [left, right, top, bottom] = crop as [number, number, number, number];
  const unitX = chroma === 1 || chroma === 2 ? 2 : 1;
  const unitY = (chroma === 1 ? 2 : 1) * (isFrame ? 1 : 2);
  const framerate = reader.flag() ? framerateOf(reader) : undefined;
  return {
    id,
    width: across * 16 - (left + right) * unitX,
    height: down * 16 * (isFrame ? 1 : 2) - (top + bottom) * unitY,
    ...(framerate !== undefined && { framerate }),
  };
}

/** The number of a picture parameter set, by which slices name it. */
export function avcPictureSetId(set: Uint8Array): number {
  return new BitReader(unescaped(set.subarray(1, MAX_ID_BYTES))).golomb();
}

/** A number of 32 bits has at most 63 bits. */
const MAX_ID_BYTES = 12;

function highProfile(reader: BitReader): number {
  const chroma = reader.golomb();
  if (chroma === 3) reader.skip(1);
  reader.golomb();
  reader.golomb();
  reader.skip(1);
  if (!reader.flag()) return chroma;
  for (let list = 0; list < (chroma === 3 ? 12 : 8); list++) {
    if (reader.flag()) scalingList(reader, list < 6 ? 16 : 64);
  }
  return chroma;
}

function scalingList(reader: BitReader, size: number): void {
  let [last, next] = [8, 8];
  for (let index = 0; index < size; index++) {
    if (next !== 0) next = (last + reader.signedGolomb() + 256) % 256;
    last = next === 0 ? last : next;
  }
}

function orderCycle(reader: BitReader): void {
  reader.skip(1);
  reader.golomb();
  reader.golomb();
  const count = reader.golomb();
  if (count > MAX_CYCLE) throw new MediaError("A parameter set has too long a cycle");
  for (let left = count; left > 0; left--) reader.golomb();
}

const EXTENDED_ASPECT = 255;

/** What the usability information says of time (H.264, E.1.1). Some encoders cut it off. */
function framerateOf(reader: BitReader): number | undefined {
  try {
    if (reader.flag() && reader.bits(8) === EXTENDED_ASPECT) reader.skip(32);
    if (reader.flag()) reader.skip(1);
    if (reader.flag()) {
      reader.skip(4);
      if (reader.flag()) reader.skip(24);
    }
    if (reader.flag()) { for (let left = 2; left > 0; left--) reader.golomb(); }
    if (!reader.flag()) return undefined;
    const [ticks, scale] = [reader.bits(32), reader.bits(32)];
    // A tick lasts as long as a field.
    const rate = scale / ticks / 2;
    return rate > 0 && rate <= MAX_FRAMERATE ? rate : undefined;
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    return undefined;
  }
}

/** What is above it is not a rate of pictures. */
const MAX_FRAMERATE = 1_000;

import { MediaError } from "../errors.ts";
import type { VideoConfig } from "../frame.ts";
import { MAX_DESCRIPTION_BYTES } from "../limits.ts";
import { BitReader, unescaped } from "./bit_reader.ts";

/** Chroma formats have a field of their own in these profiles (H.264, 7.3.2.1.1). */
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/** What a decoder has to know of H.264, from an AVCDecoderConfigurationRecord. */
export function avcConfig(description: Uint8Array): VideoConfig {
  if (description.length < 8 || description[0] !== 1) throw new MediaError("This is no avcC");
  if (description.length > MAX_DESCRIPTION_BYTES) throw new MediaError("An avcC is too long");
  const codec = `avc1.${description.subarray(1, 4).toHex()}`;
  const [set] = parameterSets(description);
  if (set === undefined) throw new MediaError("An avcC has no parameter set");
  return { kind: "video", codec, description, ...pictureSize(set) };
}

/** Bytes of the length before each NAL unit. */
export function avcLengthBytes(description: Uint8Array): number {
  return (description[4]! & 3) + 1;
}

function parameterSets(description: Uint8Array): Uint8Array[] {
  const sets: Uint8Array[] = [];
  let at = 6;
  for (let left = description[5]! & 31; left > 0; left--) {
    const length = (description[at] ?? 0) * 256 + (description[at + 1] ?? 0);
    const set = description.subarray(at + 2, at + 2 + length);
    if (set.length < length || length === 0) throw new MediaError("An avcC is cut off");
    sets.push(set);
    at += 2 + length;
  }
  return sets;
}

/** The size of the picture that a sequence parameter set describes. */
function pictureSize(set: Uint8Array): { readonly width: number; readonly height: number } {
  const reader = new BitReader(unescaped(set.subarray(1)));
  const profile = reader.bits(8);
  reader.skip(16);
  reader.golomb();
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
  return {
    width: across * 16 - (left + right) * unitX,
    height: down * 16 * (isFrame ? 1 : 2) - (top + bottom) * unitY,
  };
}

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
  for (let left = reader.golomb(); left > 0; left--) reader.golomb();
}

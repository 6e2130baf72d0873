import { BitReader, unescaped } from "./bit_reader.ts";

/** What a sequence parameter set of H.265 says (H.265, 7.3.2.2.1). */
export interface HevcSequence {
  readonly id: number;
  readonly width: number;
  readonly height: number;
  /** Layers in time, and whether they are nested. */
  readonly layers: number;
  readonly isNested: boolean;
  /** Profile, tier, compatibility, constraints and level, as the bytes of an hvcC have them. */
  readonly profile: Uint8Array;
  readonly chroma: number;
  /** Bits of a sample above eight. */
  readonly lumaDepth: number;
  readonly chromaDepth: number;
}

const PROFILE_BYTES = 12;

/** Reads a sequence parameter set; throws a MediaError for what is none. */
export function readHevcSequence(set: Uint8Array): HevcSequence {
  const reader = new BitReader(unescaped(set.subarray(2)));
  reader.skip(4);
  const layers = reader.bits(3) + 1;
  const isNested = reader.flag();
  const profile = Uint8Array.from({ length: PROFILE_BYTES }, () => reader.bits(8));
  skipLayers(reader, layers - 1);
  const id = reader.golomb();
  const chroma = reader.golomb();
  const isApart = chroma === 3 && reader.flag();
  const [width, height] = [reader.golomb(), reader.golomb()];
  const crop = reader.flag() ? Array.from({ length: 4 }, () => reader.golomb()) : [0, 0, 0, 0];
  const [left, right, top, bottom] = crop as [number, number, number, number];
  const unitX = !isApart && (chroma === 1 || chroma === 2) ? 2 : 1;
  const unitY = !isApart && chroma === 1 ? 2 : 1;
  return {
    id,
    width: width - (left + right) * unitX,
    height: height - (top + bottom) * unitY,
    ...{ layers, isNested, profile, chroma },
    lumaDepth: reader.golomb(),
    chromaDepth: reader.golomb(),
  };
}

/** The number of a video parameter set. */
export function hevcVideoSetId(set: Uint8Array): number {
  return new BitReader(set.subarray(2)).bits(4);
}

/** The number of a picture parameter set. */
export function hevcPictureSetId(set: Uint8Array): number {
  return new BitReader(unescaped(set.subarray(2, MAX_ID_BYTES))).golomb();
}

/** A number of 32 bits has at most 63 bits. */
const MAX_ID_BYTES = 12;

/** What is said of the lower layers in time (H.265, 7.3.3). */
function skipLayers(reader: BitReader, count: number): void {
  const has = Array.from({ length: count }, () => [reader.flag(), reader.flag()]);
  if (count > 0) reader.skip(2 * (8 - count));
  for (const [profile, level] of has) reader.skip((profile ? 88 : 0) + (level ? 8 : 0));
}

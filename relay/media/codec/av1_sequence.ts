import { MediaError } from "../errors.ts";
import { BitReader } from "./bit_reader.ts";

/** What a sequence header of AV1 says (AV1 bitstream specification, 5.5). */
export interface Av1Sequence {
  readonly profile: number;
  readonly level: number;
  readonly tier: number;
  /** Bits of a sample: 8, 10 or 12. */
  readonly depth: number;
  readonly isMonochrome: boolean;
  /** Across and down: 1 where chroma has half of the samples. */
  readonly subsampling: readonly [number, number];
  readonly chromaPosition: number;
  readonly width: number;
  readonly height: number;
}

const SEQUENCE_HEADER = 1;

/** Open bitstream units of one frame, at most; those behind it are not looked at. */
const MAX_UNITS = 256;

/** Bytes of a number in LEB128. */
const MAX_LEB_BYTES = 8;

/** The content of the first sequence header among units; undefined when there is none. */
export function sequenceHeaderOf(units: Uint8Array): Uint8Array | undefined {
  let at = 0;
  for (let count = 0; at < units.length && count < MAX_UNITS; count++) {
    const head = units[at]!;
    at += head & 4 ? 2 : 1;
    let length = units.length - at;
    if (head & 2) [length, at] = readLeb(units, at);
    const content = units.subarray(at, at + length);
    if (content.length < length || length < 0) throw new MediaError("A unit of AV1 is cut off");
    if ((head >> 3 & 15) === SEQUENCE_HEADER) return content;
    at += length;
  }
  return undefined;
}

/** A sequence header as a unit by itself, with its length (5.3.2). */
export function sequenceUnit(content: Uint8Array): number[] {
  const length = [];
  for (let left = content.length; length.length === 0 || left > 0; left >>= 7) {
    length.push(left & 127 | (left > 127 ? 128 : 0));
  }
  return [SEQUENCE_HEADER << 3 | 2, ...length, ...content];
}

/** Reads a sequence header; throws {@linkcode MediaError} for what is none. */
export function readAv1Sequence(content: Uint8Array): Av1Sequence {
  const reader = new BitReader(content);
  const profile = reader.bits(3);
  reader.skip(1);
  const isStill = reader.flag();
  const { level, tier } = isStill ? { level: reader.bits(5), tier: 0 } : readPoints(reader);
  const [across, down] = [reader.bits(4) + 1, reader.bits(4) + 1];
  const [width, height] = [reader.bits(across) + 1, reader.bits(down) + 1];
  if (!isStill && reader.flag()) reader.skip(7);
  reader.skip(3);
  if (!isStill) skipTools(reader);
  reader.skip(3);
  return { profile, level, tier, width, height, ...readColour(reader, profile) };
}

function readLeb(bytes: Uint8Array, from: number): [value: number, end: number] {
  let value = 0;
  for (let index = 0; index < MAX_LEB_BYTES; index++) {
    const byte = bytes[from + index];
    if (byte === undefined) throw new MediaError("A unit of AV1 is cut off");
    value += (byte & 127) * 2 ** (7 * index);
    if (byte < 128) return [value, from + index + 1];
  }
  throw new MediaError("A length of AV1 is too large");
}

/** The level and tier of the first operating point, behind all of them (5.5.1). */
function readPoints(reader: BitReader): { readonly level: number; readonly tier: number } {
  let delayBits: number | undefined;
  if (reader.flag()) {
    reader.skip(64);
    if (reader.flag()) reader.golomb();
    if (reader.flag()) {
      delayBits = reader.bits(5) + 1;
      reader.skip(42);
    }
  }
  const saysDelays = reader.flag();
  const points = [];
  for (let left = reader.bits(5); left >= 0; left--) {
    reader.skip(12);
    const level = reader.bits(5);
    points.push({ level, tier: level > 7 ? reader.bits(1) : 0 });
    if (delayBits !== undefined && reader.flag()) reader.skip(2 * delayBits + 1);
    if (saysDelays && reader.flag()) reader.skip(4);
  }
  return points[0]!;
}

/** Which tools of the codec are used. */
function skipTools(reader: BitReader): void {
  reader.skip(4);
  const hasOrder = reader.flag();
  if (hasOrder) reader.skip(2);
  const mayUseScreenTools = reader.flag() || reader.flag();
  if (mayUseScreenTools && !reader.flag()) reader.skip(1);
  if (hasOrder) reader.skip(3);
}

/** The colours (5.5.2). */
function readColour(reader: BitReader, profile: number) {
  const isHigh = reader.flag();
  const depth = isHigh ? (profile === 2 && reader.flag() ? 12 : 10) : 8;
  const isMonochrome = profile !== 1 && reader.flag();
  const description = reader.flag() ? [8, 8, 8].map((bits) => reader.bits(bits)) : [];
  const isRgb = String(description) === String(RGB);
  if (!isRgb || isMonochrome) reader.skip(1);
  const subsampling = isMonochrome
    ? BOTH
    : isRgb
    ? NEITHER
    : readSubsampling(reader, profile, depth);
  const chromaPosition = !isMonochrome && subsampling[1] === 1 ? reader.bits(2) : 0;
  return { depth, isMonochrome, subsampling, chromaPosition };
}

function readSubsampling(
  reader: BitReader,
  profile: number,
  depth: number,
): readonly [number, number] {
  if (profile === 0) return BOTH;
  if (profile === 1) return NEITHER;
  if (depth < 12) return [1, 0];
  const across = reader.bits(1);
  return [across, across === 1 ? reader.bits(1) : 0];
}

const BOTH = [1, 1] as const;
const NEITHER = [0, 0] as const;

/** Primaries, transfer and matrix of pictures that are stored as RGB. */
const RGB = [1, 13, 0];

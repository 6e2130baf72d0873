import { equalBytes } from "@qumo/shared/wire";
import { MediaError } from "../errors.ts";
import type { VideoConfig } from "../frame.ts";
import { MAX_DESCRIPTION_BYTES } from "../limits.ts";
import {
  type Av1Sequence,
  readAv1Sequence,
  sequenceHeaderOf,
  sequenceUnit,
} from "./av1_sequence.ts";

/** Bytes of an AV1CodecConfigurationRecord before its units. */
const HEAD_BYTES = 4;

/** What a decoder has to know of AV1, from an AV1CodecConfigurationRecord. */
export function av1Config(description: Uint8Array): VideoConfig {
  if (description.length < HEAD_BYTES || description[0] !== 0x81) {
    throw new MediaError("This is no av1C");
  }
  if (description.length > MAX_DESCRIPTION_BYTES) throw new MediaError("An av1C is too long");
  const [, second = 0, third = 0] = description;
  const level = String(second & 31).padStart(2, "0");
  const depth = third & 64 ? (third & 32 ? "12" : "10") : "08";
  const codec = `av01.${second >> 5}.${level}${third & 128 ? "H" : "M"}.${depth}`;
  return { kind: "video", codec, description };
}

/**
 * What a description becomes by a key frame: the same one, unless the frame has another sequence header.
 * Throws {@linkcode MediaError} for a header that is none.
 */
export function av1DescriptionBehind(description: Uint8Array, frame: Uint8Array): Uint8Array {
  const content = sequenceHeaderOf(frame);
  if (content === undefined) return description;
  const known = sequenceHeaderOf(description.subarray(HEAD_BYTES));
  if (known !== undefined && equalBytes(known, content)) return description;
  return Uint8Array.from([...recordHead(readAv1Sequence(content)), ...sequenceUnit(content)]);
}

/** The head of an AV1CodecConfigurationRecord (AV1 in ISOBMFF, 2.3). */
function recordHead(sequence: Av1Sequence): number[] {
  const { profile, level, tier, depth, isMonochrome, subsampling, chromaPosition } = sequence;
  const [across, down] = subsampling;
  const flags = [tier, Number(depth > 8), Number(depth === 12), Number(isMonochrome), across, down];
  const third = flags.reduce((bits, flag) => bits << 1 | flag, 0) << 2 | chromaPosition;
  return [0x81, profile << 5 | level, third, 0];
}

import { MediaError } from "../errors.ts";
import type { VideoConfig } from "../frame.ts";
import { MAX_DESCRIPTION_BYTES } from "../limits.ts";
import { readHevcSequence } from "./hevc_sets.ts";

/** The sequence parameter set among the units of H.265. */
const SEQUENCE_SET = 33;

/** What a decoder has to know of H.265, from an HEVCDecoderConfigurationRecord. */
export function hevcConfig(description: Uint8Array): VideoConfig {
  const set = hevcSets(description).find((one) => (one[0]! >> 1 & 63) === SEQUENCE_SET);
  const codec = `hvc1.${codecOf(description)}`;
  return { kind: "video", codec, description, ...(set !== undefined && sizeOf(set)) };
}

/** Bytes of the length before each NAL unit. */
export function hevcLengthBytes(description: Uint8Array): number {
  return (description[21]! & 3) + 1;
}

/** The parameter sets of an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3), as far as they go. */
export function hevcSets(description: Uint8Array): Uint8Array[] {
  if (description.length < 23 || description[0] !== 1) throw new MediaError("This is no hvcC");
  if (description.length > MAX_DESCRIPTION_BYTES) throw new MediaError("An hvcC is too long");
  const sets: Uint8Array[] = [];
  const u16 = (at: number) => (description[at] ?? 0) * 256 + (description[at + 1] ?? 0);
  let at = 23;
  for (let arrays = description[22]!; arrays > 0; arrays--) {
    const count = u16(at + 1);
    at += 3;
    for (let left = count; left > 0; left--) {
      const length = u16(at);
      const set = description.subarray(at + 2, at + 2 + length);
      if (set.length < length || length < 2) return sets;
      sets.push(set);
      at += 2 + length;
    }
  }
  return sets;
}

/** The container says the size too: one that is not understood here is no fault. */
function sizeOf(set: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  try {
    const { width, height } = readHevcSequence(set);
    return { width, height };
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    return undefined;
  }
}

/** Profile, compatibility, tier and level, and constraints (ISO/IEC 14496-15, E.3). */
function codecOf(description: Uint8Array): string {
  const view = new DataView(description.buffer, description.byteOffset);
  const general = description[1]!;
  const profile = `${["", "A", "B", "C"][general >> 6]}${general & 31}`;
  const compatibility = reversed(view.getUint32(2)).toString(16);
  const level = `${general & 32 ? "H" : "L"}${description[12]}`;
  const constraints = [...description.subarray(6, 12)].map((byte) => byte.toString(16));
  while (constraints.at(-1) === "0") constraints.pop();
  return [profile, compatibility, level, ...constraints].join(".");
}

function reversed(value: number): number {
  let bits = 0;
  for (let bit = 0; bit < 32; bit++) bits = (bits << 1 | value >>> bit & 1) >>> 0;
  return bits;
}

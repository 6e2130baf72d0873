import { MediaError } from "../errors.ts";
import type { VideoConfig } from "../frame.ts";
import { MAX_DESCRIPTION_BYTES } from "../limits.ts";

/** What a decoder has to know of H.265, from an HEVCDecoderConfigurationRecord. */
export function hevcConfig(description: Uint8Array): VideoConfig {
  if (description.length < 23 || description[0] !== 1) throw new MediaError("This is no hvcC");
  if (description.length > MAX_DESCRIPTION_BYTES) throw new MediaError("An hvcC is too long");
  return { kind: "video", codec: `hvc1.${codecOf(description)}`, description };
}

/** Bytes of the length before each NAL unit. */
export function hevcLengthBytes(description: Uint8Array): number {
  return (description[21]! & 3) + 1;
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

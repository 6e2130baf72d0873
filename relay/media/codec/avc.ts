import { MediaError } from "../errors.ts";
import type { VideoConfig } from "../frame.ts";
import { MAX_DESCRIPTION_BYTES } from "../limits.ts";
import { readAvcSequence } from "./avc_sets.ts";

/** What a decoder has to know of H.264, from an AVCDecoderConfigurationRecord. */
export function avcConfig(description: Uint8Array): VideoConfig {
  const [set] = avcSets(description);
  if (set === undefined) throw new MediaError("An avcC has no parameter set");
  const { id: _, ...sequence } = readAvcSequence(set);
  const codec = `avc1.${description.subarray(1, 4).toHex()}`;
  return { kind: "video", codec, description, ...sequence };
}

/** Bytes of the length before each NAL unit. */
export function avcLengthBytes(description: Uint8Array): number {
  return (description[4]! & 3) + 1;
}

/** The parameter sets of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3). */
export function avcSets(description: Uint8Array): Uint8Array[] {
  if (description.length < 8 || description[0] !== 1) throw new MediaError("This is no avcC");
  if (description.length > MAX_DESCRIPTION_BYTES) throw new MediaError("An avcC is too long");
  const sets: Uint8Array[] = [];
  let at = 6;
  const read = (count: number) => {
    for (let left = count; left > 0; left--) {
      const length = (description[at] ?? 0) * 256 + (description[at + 1] ?? 0);
      const set = description.subarray(at + 2, at + 2 + length);
      if (set.length < length || length === 0) throw new MediaError("An avcC is cut off");
      sets.push(set);
      at += 2 + length;
    }
  };
  read(description[5]! & 31);
  read(description[at++] ?? 0);
  return sets;
}

import { MediaError } from "../errors.ts";
import type { VideoConfig } from "../frame.ts";
import { MAX_DESCRIPTION_BYTES } from "../limits.ts";

/** What a decoder has to know of AV1, from an AV1CodecConfigurationRecord. */
export function av1Config(description: Uint8Array): VideoConfig {
  if (description.length < 4 || description[0] !== 0x81) throw new MediaError("This is no av1C");
  if (description.length > MAX_DESCRIPTION_BYTES) throw new MediaError("An av1C is too long");
  const [, second = 0, third = 0] = description;
  const level = String(second & 31).padStart(2, "0");
  const depth = third & 64 ? (third & 32 ? "12" : "10") : "08";
  const codec = `av01.${second >> 5}.${level}${third & 128 ? "H" : "M"}.${depth}`;
  return { kind: "video", codec, description };
}

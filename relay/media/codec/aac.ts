import { MediaError } from "../errors.ts";
import type { AudioConfig } from "../frame.ts";
import { BitReader } from "./bit_reader.ts";

/** Sampling rates by their index (ISO/IEC 14496-3, 1.6.3.4). */
const RATES = [
  96000,
  88200,
  64000,
  48000,
  44100,
  32000,
  24000,
  22050,
  16000,
  12000,
  11025,
  8000,
  7350,
];

/** Channels by their configuration. */
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8];

/** Longer ones say nothing that is needed. */
const MAX_BYTES = 256;

/** What a decoder has to know of AAC, from an AudioSpecificConfig. */
export function aacConfig(description: Uint8Array): AudioConfig {
  if (description.length < 2 || description.length > MAX_BYTES) {
    throw new MediaError("This is no AudioSpecificConfig");
  }
  const reader = new BitReader(description);
  const type = objectType(reader);
  const sampleRate = rateOf(reader);
  const channels = CHANNELS[reader.bits(4)];
  if (sampleRate === undefined || channels === undefined || sampleRate === 0) {
    throw new MediaError("An AudioSpecificConfig has an unknown rate, or unknown channels");
  }
  // Where the stream itself says its channels there are two as a rule.
  return {
    kind: "audio",
    codec: `mp4a.40.${type}`,
    description,
    sampleRate,
    channels: channels === 0 ? 2 : channels,
  };
}

function objectType(reader: BitReader): number {
  const type = reader.bits(5);
  return type === 31 ? 32 + reader.bits(6) : type;
}

function rateOf(reader: BitReader): number | undefined {
  const index = reader.bits(4);
  return index === 15 ? reader.bits(24) : RATES[index];
}

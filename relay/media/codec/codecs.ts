import type { TrackConfig } from "../frame.ts";
import { aacConfig } from "./aac.ts";
import { av1Config } from "./av1.ts";
import { avcConfig } from "./avc.ts";
import { hevcConfig } from "./hevc.ts";
import { opusConfig } from "./opus.ts";
import type { NalCodec } from "./parameter_sets.ts";

/** A codec that encoders may send. */
export type CodecName = NalCodec | "av1" | "aac" | "opus";

/** What a decoder has to know, from what the codec's container says of it. */
export const configOf: Record<CodecName, (description: Uint8Array) => TrackConfig> = {
  avc: avcConfig,
  hevc: hevcConfig,
  av1: av1Config,
  aac: aacConfig,
  opus: opusConfig,
};

/** Whether the frames of a codec are made of NAL units. */
export function isNalCodec(codec: CodecName): codec is NalCodec {
  return codec === "avc" || codec === "hevc";
}

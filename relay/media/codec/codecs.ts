import type { TrackConfig } from "../frame.ts";
import { aacConfig } from "./aac.ts";
import { av1Config } from "./av1.ts";
import { avcConfig, avcLengthBytes } from "./avc.ts";
import { hevcConfig, hevcLengthBytes } from "./hevc.ts";
import { nalUnits } from "./nal_units.ts";
import { opusConfig } from "./opus.ts";

/** A codec that encoders may send. */
export type CodecName = "avc" | "hevc" | "av1" | "aac" | "opus";

/** What a decoder has to know, from what the codec's container says of it. */
export const configOf: Record<CodecName, (description: Uint8Array) => TrackConfig> = {
  avc: avcConfig,
  hevc: hevcConfig,
  av1: av1Config,
  aac: aacConfig,
  opus: opusConfig,
};

/** How a frame was looked over: it is a key frame only where its bitstream says so too. */
export interface CheckedFrame {
  readonly isSound: boolean;
  readonly isKey: boolean;
}

/** Looks over a frame that its container says is a key frame, or not. */
export function checkFrame(
  codec: CodecName,
  description: Uint8Array | undefined,
  { data, isKey }: { readonly data: Uint8Array; readonly isKey: boolean },
): CheckedFrame {
  if (data.length === 0) return { isSound: false, isKey: false };
  if (codec !== "avc" && codec !== "hevc") return { isSound: true, isKey };
  if (description === undefined) return { isSound: false, isKey: false };
  const lengthBytes = codec === "avc" ? avcLengthBytes(description) : hevcLengthBytes(description);
  const units = nalUnits(data, lengthBytes, codec);
  return { isSound: units.isSound, isKey: isKey && units.isKey };
}

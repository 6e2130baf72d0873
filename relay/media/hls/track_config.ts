import { equalBytes } from "@qumo/shared/wire";
import type { CatalogTrack } from "../catalog/catalog.ts";
import { MediaError } from "../errors.ts";
import type { TrackConfig } from "../frame.ts";
import { readInit } from "../mp4/read_init.ts";
import { FramePacker, type PackedFrame } from "../codec/frame_packer.ts";
import type { NalCodec } from "../codec/parameter_sets.ts";
import { isAnnexB } from "../codec/start_codes.ts";
import type { TimedFrame } from "./frame_reader.ts";

/** What a decoder has to know, also where only the header of CMAF says it. */
export function configOf({ config, container }: CatalogTrack): TrackConfig {
  if (container.kind !== "cmaf") return config;
  const [init] = readInit(container.init);
  if (init === undefined) throw new MediaError("A header of CMAF has no track");
  const { description, width, height, sampleRate, channels } = init;
  const own = description === undefined ? {} : { description };
  return config.kind === "video"
    ? { ...config, ...own, ...(width > 0 && height > 0 && { width, height }) }
    : {
      ...config,
      ...own,
      ...(sampleRate > 0 && { sampleRate }),
      ...(channels > 0 && { channels }),
    };
}

/** Whether the parameter sets come with a frame. */
export function needsFrame(config: TrackConfig): boolean {
  return config.description === undefined && nalCodecOf(config) !== undefined;
}

/** Makes frames such as MP4 has them, with what they say of their decoder. */
export type Unpacker = (frame: TimedFrame) => Pick<PackedFrame, "data" | "description">;

/** How the frames of a track are made such as MP4 has them, one after the other. */
export function unpacker({ config }: CatalogTrack): Unpacker {
  const codec = config.description === undefined ? nalCodecOf(config) : undefined;
  if (codec === undefined) return asItIs;
  const packer = new FramePacker(codec);
  return (frame) =>
    frame.description === undefined && isAnnexB(frame.data)
      ? packer.pack(frame.data)
      : asItIs(frame);
}

const asItIs = ({ data, description }: TimedFrame) => ({ data, description });

/** Whether a decoder for one is good for the other. */
export function isSame(one: TrackConfig, other: TrackConfig): boolean {
  const { description: a = NOTHING, codec, ...said } = one;
  const { description: b = NOTHING, ...others } = other;
  if (!equalBytes(a, b) || codec !== others.codec) return false;
  if (said.kind === "video") {
    return others.kind === "video" && said.width === others.width && said.height === others.height;
  }
  return others.kind === "audio" && said.sampleRate === others.sampleRate &&
    said.channels === others.channels;
}

function nalCodecOf({ codec }: TrackConfig): NalCodec | undefined {
  return /^avc[13]/.test(codec) ? "avc" : /^h(vc|ev)1/.test(codec) ? "hevc" : undefined;
}

const NOTHING = new Uint8Array();

import { equalBytes } from "@qumo/shared/wire";
import type { CatalogTrack } from "../catalog/catalog.ts";
import { MediaError } from "../errors.ts";
import type { TrackConfig } from "../frame.ts";
import { readInit } from "../mp4/read_init.ts";
import { isAnnexB, unpackAvc } from "./annex_b.ts";
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
  return config.description === undefined && isAvc(config);
}

/** A frame as MP4 has it, with what it says of its decoder. */
export function unpackedFrame(
  frame: TimedFrame,
  track: CatalogTrack,
  config: TrackConfig,
): Pick<TimedFrame, "data"> & { readonly description?: Uint8Array | undefined } {
  const isPacked = frame.description === undefined && isAvc(config) &&
    track.config.description === undefined && isAnnexB(frame.data);
  return isPacked ? unpackAvc(frame.data) : frame;
}

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

function isAvc({ codec }: TrackConfig): boolean {
  return /^avc[13]/.test(codec);
}

const NOTHING = new Uint8Array();

import { MediaError } from "../errors.ts";
import type { AudioConfig, TrackConfig, VideoConfig } from "../frame.ts";
import { ascii, box, fullBox, join, u16, u32, u8, zeros } from "./boxes.ts";

/** Which sample entry a codec has in MP4; undefined for a codec that has none which players know. */
export function entryTypeOf(codec: string): string | undefined {
  const [name = ""] = codec.toLowerCase().split(".");
  return ENTRIES[name];
}

const ENTRIES: Readonly<Record<string, string>> = {
  avc1: "avc1",
  avc3: "avc1",
  hvc1: "hvc1",
  hev1: "hvc1",
  vp09: "vp09",
  av01: "av01",
  mp4a: "mp4a",
  opus: "Opus",
};

/** The sample entry of a track; throws for a codec that has none. */
export function sampleEntry(config: TrackConfig): Uint8Array {
  const type = entryTypeOf(config.codec);
  if (type === undefined) throw new MediaError(`MP4 has no ${config.codec}`);
  return config.kind === "video" ? visualEntry(type, config) : audioEntry(type, config);
}

const RESOLUTION = 0x00480000;

function visualEntry(type: string, config: VideoConfig): Uint8Array {
  return box(
    type,
    zeros(6),
    u16(1),
    zeros(16),
    u16(config.width ?? 0),
    u16(config.height ?? 0),
    u32(RESOLUTION),
    u32(RESOLUTION),
    u32(0),
    u16(1),
    zeros(32),
    u16(0x18),
    u16(0xffff),
    visualConfig(type, config),
  );
}

function visualConfig(type: string, { codec, description }: VideoConfig): Uint8Array {
  switch (type) {
    case "vp09":
      return fullBox("vpcC", { version: 1 }, description ?? vp9Config(codec));
    case "av01":
      return box("av1C", description ?? av1Config(codec));
    default:
      if (description === undefined) throw new MediaError(`${codec} has no parameter sets`);
      return box(type === "hvc1" ? "hvcC" : "avcC", description);
  }
}

/** The content of vpcC from `vp09.PP.LL.DD` (VP Codec ISO Media File Format Binding). */
function vp9Config(codec: string): Uint8Array {
  const [profile = 0, level = 10, depth = 8, chroma = 1, primaries = 1, transfer = 1, matrix = 1] =
    numbersOf(codec);
  return join([
    u8(profile),
    u8(level),
    u8(depth << 4 | chroma << 1),
    ...[u8(primaries), u8(transfer), u8(matrix)],
    u16(0),
  ]);
}

/** The content of av1C from `av01.P.LLT.DD`; the sequence header is in every key frame. */
function av1Config(codec: string): Uint8Array {
  const [, profile = "0", level = "04M", depth = "08"] = codec.split(".");
  const tier = level.endsWith("H") ? 0x80 : 0;
  const deep = depth === "10" ? 0x40 : depth === "12" ? 0x60 : 0;
  // 4:2:0, which all but one profile mean.
  return join([
    u8(0x81),
    u8(Number(profile) << 5 | parseInt(level)),
    u8(tier | deep | 0x0c),
    u8(0),
  ]);
}

function numbersOf(codec: string): number[] {
  return codec.split(".").slice(1).map(Number).map((value) => Number.isFinite(value) ? value : 0);
}

function audioEntry(type: string, config: AudioConfig): Uint8Array {
  return box(
    type,
    zeros(6),
    u16(1),
    zeros(8),
    u16(config.channels),
    u16(16),
    u32(0),
    // Rates above 16 bits are in the configuration alone.
    u32(config.sampleRate < 0x10000 ? config.sampleRate * 0x10000 : 0),
    type === "mp4a" ? esds(config) : dOps(config),
  );
}

function esds({ description, sampleRate, channels }: AudioConfig): Uint8Array {
  const config = description ?? audioSpecificConfig(sampleRate, channels);
  const decoder = descriptor(0x04, [
    u8(0x40),
    u8(0x15),
    zeros(11),
    descriptor(0x05, [config]),
  ]);
  return fullBox("esds", {}, descriptor(0x03, [zeros(3), decoder, descriptor(0x06, [u8(2)])]));
}

function descriptor(tag: number, parts: Parameters<typeof join>[0]): Uint8Array {
  const body = join(parts);
  const { length } = body;
  return join([
    u8(tag),
    u8(length >> 14 | 0x80),
    u8(length >> 7 & 0x7f | 0x80),
    u8(length & 0x7f),
    body,
  ]);
}

const AAC_RATES = [
  ...[96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025],
  ...[8_000, 7_350],
];

/** AAC-LC, which is what those publish who say nothing. */
function audioSpecificConfig(sampleRate: number, channels: number): Uint8Array {
  const index = AAC_RATES.indexOf(sampleRate);
  if (index < 0) throw new MediaError(`AAC has no rate of ${sampleRate}`);
  return join([u16(2 << 11 | index << 7 | channels << 3)]);
}

/** What an OpusHead says is said by dOps too, in the other order of bytes. */
function dOps({ description, sampleRate, channels }: AudioConfig): Uint8Array {
  if (description === undefined) {
    return box("dOps", u8(0), u8(channels), u16(PRE_SKIP), u32(sampleRate), u16(0), u8(0));
  }
  const isHead = new TextDecoder().decode(description.subarray(0, 8)) === "OpusHead";
  if (!isHead) return box("dOps", description);
  if (description.length < 19) throw new MediaError("An OpusHead is cut off");
  const head = new DataView(description.buffer, description.byteOffset);
  return box(
    "dOps",
    u8(0),
    u8(description[9]!),
    u16(head.getUint16(10, true)),
    u32(head.getUint32(12, true)),
    u16(head.getUint16(16, true)),
    description.subarray(18),
  );
}

/** Samples that an encoder of Opus puts before the sound. */
const PRE_SKIP = 312;

/** The handler of a track and its header of media. */
export function handlerOf(
  kind: TrackConfig["kind"],
): readonly [handler: Uint8Array, header: Uint8Array] {
  const [type, name] = kind === "video" ? ["vide", "video"] : ["soun", "audio"];
  const handler = fullBox("hdlr", {}, u32(0), ascii(type!), zeros(12), ascii(`${name}\0`));
  const header = kind === "video"
    ? fullBox("vmhd", { flags: 1 }, zeros(8))
    : fullBox("smhd", {}, zeros(4));
  return [handler, header];
}

import type { TrackConfig } from "../frame.ts";
import { ascii, box, fullBox, type Part, u16, u32, zeros } from "./boxes.ts";
import { handlerOf, sampleEntry } from "./sample_entry.ts";

/** The first track of what is written. */
export const TRACK_ID = 1;

/** Units a second of all times that are written. */
export const TIMESCALE = 1_000_000;

const MATRIX: readonly Part[] = [
  ...[u32(0x10000), u32(0), u32(0), u32(0), u32(0x10000), u32(0), u32(0), u32(0)],
  u32(0x40000000),
];

/** Undetermined, in letters of five bits. */
const LANGUAGE = 0x55c4;

/**
 * The header of CMAF tracks, of one where it is a segment: `ftyp` and `moov`. Their ids count from
 * {@linkcode TRACK_ID}. Throws a MediaError for a codec that MP4 has not.
 */
export function writeInit(...configs: TrackConfig[]): Uint8Array {
  const brands = ["iso6", "cmfc", "mp41"].map(ascii);
  const type = box("ftyp", ascii("iso6"), u32(0), ...brands);
  const ids = configs.map((_, index) => TRACK_ID + index);
  const tracks = configs.map((config, index) => track(config, ids[index]!));
  const movie = box(
    "moov",
    movieHeader(TRACK_ID + ids.length),
    ...tracks,
    box("mvex", ...ids.map(trackExtends)),
  );
  const both = new Uint8Array(type.length + movie.length);
  both.set(type);
  both.set(movie, type.length);
  return both;
}

function movieHeader(nextId: number): Uint8Array {
  return fullBox(
    "mvhd",
    {},
    ...[zeros(8), u32(TIMESCALE), u32(0), u32(0x10000), u16(0x100), zeros(10)],
    ...MATRIX,
    zeros(24),
    u32(nextId),
  );
}

function track(config: TrackConfig, id: number): Uint8Array {
  const [handler, header] = handlerOf(config.kind);
  const reference = fullBox("dref", {}, u32(1), fullBox("url ", { flags: 1 }));
  const media = box(
    "mdia",
    fullBox("mdhd", {}, zeros(8), u32(TIMESCALE), u32(0), u16(LANGUAGE), u16(0)),
    handler,
    box("minf", header, box("dinf", reference), sampleTable(config)),
  );
  return box("trak", trackHeader(config, id), media);
}

function trackHeader(config: TrackConfig, id: number): Uint8Array {
  const [width, height] = config.kind === "video"
    ? [config.width ?? 0, config.height ?? 0]
    : [0, 0];
  return fullBox(
    "tkhd",
    { flags: 3 },
    ...[zeros(8), u32(id), zeros(8), zeros(8), u16(0), u16(0)],
    ...[u16(config.kind === "audio" ? 0x100 : 0), u16(0)],
    ...MATRIX,
    u32(width * 0x10000),
    u32(height * 0x10000),
  );
}

function sampleTable(config: TrackConfig): Uint8Array {
  const description = fullBox("stsd", {}, u32(1), sampleEntry(config));
  const empty = ["stts", "stsc", "stco"].map((type) => fullBox(type, {}, u32(0)));
  return box("stbl", description, ...empty, fullBox("stsz", {}, zeros(8)));
}

function trackExtends(id: number): Uint8Array {
  return fullBox("trex", {}, u32(id), u32(1), zeros(12));
}

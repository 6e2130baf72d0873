import type { CodecName } from "../codec/codecs.ts";
import { FrameWatch } from "../codec/frame_watch.ts";
import { MediaError } from "../errors.ts";
import type { TrackConfig } from "../frame.ts";
import { BoxFields } from "../mp4/box_fields.ts";
import { boxesOf, findBox } from "../mp4/boxes.ts";
import { type InitTrack, readInit } from "../mp4/read_init.ts";

/** A track of a file, with what its samples need to become frames. */
export interface FileTrack extends Omit<InitTrack, "description"> {
  /** Looks over its frames; undefined for a codec that is not supported. */
  readonly watch: FrameWatch | undefined;
  /** Seconds that its presentation is later than its times say. */
  readonly shift: number;
}

/** Codecs by the types of their sample entries. */
const CODECS: Readonly<Record<string, CodecName>> = {
  avc1: "avc",
  avc3: "avc",
  hvc1: "hevc",
  hev1: "hevc",
  av01: "av1",
  mp4a: "aac",
  Opus: "opus",
};

/** The tracks of a header, by their ids. Throws {@linkcode MediaError} for one that is no such header. */
export function fileTracks(header: Uint8Array): Map<number, FileTrack> {
  if (findBox(header, "moov", "mvex") === undefined) {
    throw new MediaError("The file is not fragmented");
  }
  const shifts = readShifts(header);
  return new Map(readInit(header).map((track) => [track.id, fileTrack(track, shifts)]));
}

function fileTrack(track: InitTrack, shifts: ReadonlyMap<number, number>): FileTrack {
  const shift = shifts.get(track.id) ?? 0;
  const codec = CODECS[track.entry];
  const said = track.description;
  if (codec === undefined || said === undefined) {
    return { ...track, watch: undefined, shift };
  }
  // The header is not kept.
  const description = codec === "opus" ? opusHead(said) : said.slice();
  return { ...track, watch: new FrameWatch(codec, description), shift };
}

/** What a decoder has to know of a track; the size of its picture where only the header says it. */
export function configOf({ watch, width, height }: FileTrack): TrackConfig | undefined {
  const config = watch?.config;
  return config?.kind === "video" ? { width, height, ...config } : config;
}

/** A dOps as the OpusHead that decoders take, whose integers are little-endian. */
function opusHead(dops: Uint8Array): Uint8Array {
  const fields = new BoxFields(dops, 1);
  const channels = fields.u8();
  const head = new Uint8Array(8 + dops.length);
  const view = new DataView(head.buffer);
  head.set(new TextEncoder().encode("OpusHead"));
  head[8] = 1;
  head[9] = channels;
  view.setUint16(10, fields.u16(), true);
  view.setUint32(12, fields.u32(), true);
  view.setUint16(16, fields.u16(), true);
  head.set(fields.rest(), 18);
  return head;
}

/** What the edit lists of the tracks delay, in seconds. */
function readShifts(header: Uint8Array): Map<number, number> {
  const shifts = new Map<number, number>();
  const movie = findBox(header, "moov", "mvhd");
  const movieTimescale = movie === undefined ? 1 : timescaleOf(movie) || 1;
  for (const { type, body } of boxesOf(findBox(header, "moov")!)) {
    const list = type === "trak" ? findBox(body, "edts", "elst") : undefined;
    const [track, media] = [findBox(body, "tkhd"), findBox(body, "mdia", "mdhd")];
    if (list === undefined || track === undefined || media === undefined) continue;
    // An id stands where a timescale does.
    shifts.set(timescaleOf(track), shiftOf(list, timescaleOf(media) || 1, movieTimescale));
  }
  return shifts;
}

/** The number behind the two times with which a header begins. */
function timescaleOf(header: Uint8Array): number {
  const fields = new BoxFields(header);
  fields.skip(fields.u32() >>> 24 === 1 ? 16 : 8);
  return fields.u32();
}

/** Empty edits, less the time at which the medium begins. */
function shiftOf(list: Uint8Array, timescale: number, movieTimescale: number): number {
  const fields = new BoxFields(list);
  const isLong = fields.u32() >>> 24 === 1;
  let delay = 0;
  for (let left = Math.min(fields.u32(), 2); left > 0; left--) {
    const duration = isLong ? fields.u64() : fields.u32();
    const [high, low] = isLong ? [fields.i32(), fields.u32()] : [0, fields.i32()];
    fields.skip(4);
    if (high >= 0 && low >= 0) return delay - (high * 2 ** 32 + low) / timescale;
    delay += duration / movieTimescale;
  }
  return delay;
}

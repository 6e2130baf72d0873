import { MediaError } from "../errors.ts";
import { MAX_DESCRIPTION_BYTES } from "../limits.ts";
import { BoxFields } from "./box_fields.ts";
import { boxesOf, findBox } from "./boxes.ts";

/** What fragments of a track say only where they differ. */
export interface SampleDefaults {
  readonly duration: number;
  readonly size: number;
  readonly flags: number;
}

/** A track of a header of MP4. */
export interface InitTrack {
  readonly id: number;
  /** Units a second. */
  readonly timescale: number;
  /** `vide`, `soun`, or another word. */
  readonly handler: string;
  /** The type of its sample entry: `avc1`. */
  readonly entry: string;
  /** The content of avcC, hvcC, av1C or vpcC, an AudioSpecificConfig, or the content of dOps. */
  readonly description: Uint8Array | undefined;
  readonly width: number;
  readonly height: number;
  readonly sampleRate: number;
  readonly channels: number;
  readonly defaults: SampleDefaults;
}

/** The tracks of `moov`; throws a MediaError for bytes that are no header. */
export function readInit(bytes: Uint8Array): InitTrack[] {
  const movie = findBox(bytes, "moov");
  if (movie === undefined) throw new MediaError("There is no header of a movie");
  const defaults = new Map<number, SampleDefaults>();
  for (const { type, body } of boxesOf(findBox(movie, "mvex") ?? new Uint8Array())) {
    if (type !== "trex") continue;
    const fields = new BoxFields(body, 4);
    const id = fields.u32();
    fields.skip(4);
    defaults.set(id, { duration: fields.u32(), size: fields.u32(), flags: fields.u32() });
  }
  const tracks: InitTrack[] = [];
  for (const { type, body } of boxesOf(movie)) {
    if (type === "trak") tracks.push(readTrack(body, defaults));
  }
  return tracks;
}

const NO_DEFAULTS: SampleDefaults = { duration: 0, size: 0, flags: 0 };

function readTrack(track: Uint8Array, defaults: ReadonlyMap<number, SampleDefaults>): InitTrack {
  const [header, media, handler] = [["tkhd"], ["mdia", "mdhd"], ["mdia", "hdlr"]].map((path) =>
    findBox(track, ...path)
  );
  const table = findBox(track, "mdia", "minf", "stbl", "stsd");
  if (header === undefined || media === undefined || handler === undefined || table === undefined) {
    throw new MediaError("A track has no description");
  }
  const id = afterTimes(header).u32();
  const kind = String.fromCharCode(...new BoxFields(handler, 8).bytes(4));
  const entry = boxesOf(new BoxFields(table, 8).rest()).next().value;
  if (entry === undefined) throw new MediaError("A track has no sample entry");
  const timescale = afterTimes(media).u32();
  if (timescale === 0) throw new MediaError("A track has a timescale of 0");
  return {
    id,
    timescale,
    handler: kind,
    defaults: defaults.get(id) ?? NO_DEFAULTS,
    ...readEntry(entry.type, entry.body, kind),
  };
}

/** The fields behind the two times with which a header begins. */
function afterTimes(body: Uint8Array): BoxFields {
  const fields = new BoxFields(body);
  fields.skip(fields.u32() >>> 24 === 1 ? 16 : 8);
  return fields;
}

function readEntry(type: string, body: Uint8Array, kind: string) {
  const fields = new BoxFields(body, 16);
  const common = { entry: type, width: 0, height: 0, sampleRate: 0, channels: 0 };
  if (kind === "vide") {
    fields.skip(8);
    const [width, height] = [fields.u16(), fields.u16()];
    fields.skip(50);
    return { ...common, width, height, description: descriptionOf(fields.rest()) };
  }
  if (kind !== "soun") return { ...common, description: undefined };
  const channels = fields.u16();
  fields.skip(6);
  const sampleRate = fields.u32() >>> 16;
  return { ...common, channels, sampleRate, description: descriptionOf(fields.rest()) };
}

function descriptionOf(boxes: Uint8Array): Uint8Array | undefined {
  for (const { type, body } of boxesOf(boxes)) {
    const found = type === "esds"
      ? audioSpecificConfig(body.subarray(4))
      : type === "vpcC"
      ? body.subarray(4)
      : ["avcC", "hvcC", "av1C", "dOps"].includes(type)
      ? body
      : undefined;
    if (found === undefined) continue;
    if (found.length > MAX_DESCRIPTION_BYTES) throw new MediaError(`A box ${type} is too long`);
    return found;
  }
  return undefined;
}

/** Bytes of the size of a descriptor. */
const MAX_SIZE_BYTES = 4;

/** The AudioSpecificConfig in descriptors (ISO/IEC 14496-1, 7.2.6); undefined where there is none. */
function audioSpecificConfig(descriptors: Uint8Array): Uint8Array | undefined {
  const fields = new BoxFields(descriptors);
  while (fields.rest().length > 1) {
    const tag = fields.u8();
    let size = 0;
    for (let bytes = 0; bytes < MAX_SIZE_BYTES; bytes++) {
      const byte = fields.u8();
      size = size << 7 | byte & 0x7f;
      if ((byte & 0x80) === 0) break;
    }
    if (tag === 0x05) return fields.bytes(size);
    // Descriptors that have others in them begin with fields of their own.
    fields.skip(tag === 0x03 ? 3 : tag === 0x04 ? 13 : size);
  }
  return undefined;
}

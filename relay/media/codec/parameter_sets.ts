import { equalBytes } from "@qumo/shared/wire";
import { MediaError } from "../errors.ts";
import { MAX_DESCRIPTION_BYTES } from "../limits.ts";
import { join, type Part, u16, u8 } from "../mp4/boxes.ts";
import { avcSets } from "./avc.ts";
import { avcPictureSetId, readAvcSequence } from "./avc_sets.ts";
import { hevcSets } from "./hevc.ts";
import { hevcPictureSetId, hevcVideoSetId, readHevcSequence } from "./hevc_sets.ts";

/** A codec whose frames are made of NAL units. */
export type NalCodec = "avc" | "hevc";

/** A kind of parameter set: the type of its unit, its number, and how many numbers there are. */
interface SetKind {
  readonly type: number;
  readonly idOf: (unit: Uint8Array) => number;
  readonly ids: number;
}

/** In the order in which decoders want them. */
const KINDS: Record<NalCodec, readonly SetKind[]> = {
  avc: [
    { type: 7, idOf: (unit) => readAvcSequence(unit).id, ids: 32 },
    { type: 8, idOf: avcPictureSetId, ids: 256 },
  ],
  hevc: [
    { type: 32, idOf: hevcVideoSetId, ids: 16 },
    { type: 33, idOf: (unit) => readHevcSequence(unit).id, ids: 16 },
    { type: 34, idOf: hevcPictureSetId, ids: 64 },
  ],
};

/** The type of a unit. */
export function unitType(codec: NalCodec, unit: Uint8Array): number {
  return codec === "avc" ? unit[0]! & 31 : unit[0]! >> 1 & 63;
}

function layerOf(unit: Uint8Array): number {
  return (unit[0]! & 1) << 5 | (unit[1] ?? 0) >> 3;
}

/**
 * The parameter sets of a track as its frames have them: a set replaces the one with its number. What a
 * decoder has to know is made of them anew when one has changed.
 */
export class ParameterSets {
  readonly #codec: NalCodec;
  readonly #sets = new Map<SetKind, Map<number, Uint8Array>>();
  #bytes = 0;
  #record: Uint8Array | undefined;
  // Of the lengths before units, less one.
  #lengthSize = 3;

  /** With those of a description, from which a track goes on; throws a MediaError for what is none. */
  constructor(codec: NalCodec, description?: Uint8Array) {
    this.#codec = codec;
    for (const kind of KINDS[codec]) this.#sets.set(kind, new Map());
    if (description === undefined) return;
    for (const set of (codec === "avc" ? avcSets : hevcSets)(description)) this.take(set);
    this.#lengthSize = description[codec === "avc" ? 4 : 21]! & 3;
    // One that lacks sets has them in the bitstream.
    if (this.record !== undefined) this.#record = description;
  }

  /** Takes a unit that is a parameter set; false for any other. Throws a MediaError for one of no use. */
  take(unit: Uint8Array): boolean {
    const type = unitType(this.#codec, unit);
    const kind = KINDS[this.#codec].find((one) => one.type === type);
    // Those of further layers are numbered by themselves; the base is decoded without them.
    if (kind === undefined || this.#codec === "hevc" && layerOf(unit) > 0) return false;
    if (unit.length > MAX_DESCRIPTION_BYTES) throw new MediaError("A parameter set is too long");
    const id = kind.idOf(unit);
    if (id >= kind.ids) throw new MediaError("A parameter set has a number that is too large");
    const sets = this.#sets.get(kind)!;
    const before = sets.get(id);
    if (before !== undefined && equalBytes(before, unit)) return true;
    const bytes = this.#bytes - (before?.length ?? 0) + unit.length;
    if (bytes > MAX_DESCRIPTION_BYTES) throw new MediaError("Parameter sets are too long together");
    this.#bytes = bytes;
    sets.set(id, unit.slice());
    this.#record = undefined;
    return true;
  }

  /** The content of avcC or hvcC, the same bytes until a set changes; undefined while one is missing. */
  get record(): Uint8Array | undefined {
    return this.#record ??= this.#written();
  }

  #written(): Uint8Array | undefined {
    const lists = [...this.#sets].map(([{ type }, sets]) => ({
      type,
      units: [...sets].sort(([a], [b]) => a - b).map(([, unit]) => unit),
    }));
    if (lists.some(({ units }) => units.length === 0)) return undefined;
    return join((this.#codec === "avc" ? avcRecord : hevcRecord)(lists, this.#lengthSize));
  }
}

interface SetList {
  readonly type: number;
  readonly units: readonly Uint8Array[];
}

const inRecord = (units: readonly Uint8Array[]): Part[] =>
  units.flatMap((unit) => [u16(unit.length), unit]);

/** An AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3). */
function avcRecord([sequence, picture]: readonly SetList[], lengthSize: number): Part[] {
  // Their counts have five bits and eight.
  const [sequences, pictures] = [sequence!.units.slice(0, 31), picture!.units.slice(0, 255)];
  return [
    ...[u8(1), sequences[0]!.subarray(1, 4), u8(0xfc | lengthSize)],
    ...[u8(0xe0 | sequences.length), ...inRecord(sequences)],
    ...[u8(pictures.length), ...inRecord(pictures)],
  ];
}

/** An HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3). */
function hevcRecord(lists: readonly SetList[], lengthSize: number): Part[] {
  const sequence = readHevcSequence(lists[1]!.units[0]!);
  return [
    ...[u8(1), sequence.profile],
    ...[u16(0xf000), u8(0xfc)],
    u8(0xfc | sequence.chroma & 3),
    u8(0xf8 | sequence.lumaDepth & 7),
    u8(0xf8 | sequence.chromaDepth & 7),
    u16(0),
    u8(sequence.layers << 3 | (sequence.isNested ? 4 : 0) | lengthSize),
    u8(lists.length),
    ...lists.flatMap(({ type, units }) => [u8(type), u16(units.length), ...inRecord(units)]),
  ];
}

import { box, fullBox, join, type Part, u32, u64 } from "./boxes.ts";
import { TRACK_ID } from "./write_init.ts";

/** A frame as MP4 has it, in microseconds. */
export interface Sample {
  readonly data: Uint8Array;
  readonly duration: number;
  /** How much later it is presented than decoded; may be negative. */
  readonly offset: number;
  readonly isKey: boolean;
}

/** A fragment: samples in the order of decoding. */
export interface Fragment {
  /** Fragments count from 1. */
  readonly sequence: number;
  /** When the first one is decoded, in microseconds. */
  readonly decodeTime: number;
  readonly samples: readonly Sample[];
  /** Of which track; the first one if nothing is said. */
  readonly track?: number;
}

const KEY = 0x02000000;
const NO_KEY = 0x01010000;
// Offset of the data, then for each sample its duration, size, flags and offset.
const RUN = 0x1 | 0x100 | 0x200 | 0x400 | 0x800;
const BASE_IS_MOOF = 0x20000;

/** A fragment as `moof` and `mdat`. */
export function writeFragment(
  { sequence, decodeTime, samples, track = TRACK_ID }: Fragment,
): Uint8Array {
  const head = (offset: number) => {
    const fields = samples.flatMap(({ data, duration, offset, isKey }): Part[] => [
      ...[u32(duration), u32(data.length), u32(isKey ? KEY : NO_KEY), u32(offset)],
    ]);
    const run = fullBox(
      "trun",
      { version: 1, flags: RUN },
      u32(samples.length),
      u32(offset),
      ...fields,
    );
    const time = fullBox("tfdt", { version: 1 }, u64(decodeTime));
    const header = fullBox("tfhd", { flags: BASE_IS_MOOF }, u32(track));
    return box("moof", fullBox("mfhd", {}, u32(sequence)), box("traf", header, time, run));
  };
  const size = head(0).length;
  const media = samples.reduce((sum, { data }) => sum + data.length, 8);
  return join([head(size + 8), u32(media), MDAT, ...samples.map(({ data }) => data)]);
}

const MDAT = new TextEncoder().encode("mdat");

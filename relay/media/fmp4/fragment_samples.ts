import { MediaError } from "../errors.ts";
import { MAX_FRAGMENT_SAMPLES } from "../limits.ts";
import { BoxFields } from "../mp4/box_fields.ts";
import { boxesOf, findBox } from "../mp4/boxes.ts";
import type { SampleDefaults } from "../mp4/read_init.ts";
import type { FileTrack } from "./file_tracks.ts";

/** A sample of a fragment whose data is still to come. */
export interface ComingSample {
  readonly track: FileTrack;
  /** Where it begins, from the beginning of the moof on. */
  readonly offset: number;
  readonly size: number;
  /** When it is presented and how long, in microseconds. */
  readonly timestamp: number;
  readonly duration: number;
  readonly isKey: boolean;
}

/** What the reading of one moof goes on with. */
interface Reading {
  readonly tracks: ReadonlyMap<number, FileTrack>;
  /** Where the moof begins in the file. */
  readonly at: number;
  readonly samples: ComingSample[];
  /** Where the next sample begins that is not placed. */
  next: number;
}

const NOT_SYNC = 0x10000;

/**
 * The samples of a moof in the order in which they lie in the file, where it begins at `at`. Those of
 * tracks that are not known are left out.
 */
export function fragmentSamples(
  moof: Uint8Array,
  tracks: ReadonlyMap<number, FileTrack>,
  at: number,
): ComingSample[] {
  const reading: Reading = { tracks, at, samples: [], next: 0 };
  for (const { type, body } of boxesOf(moof)) if (type === "traf") readTraf(body, reading);
  return reading.samples.sort((one, other) => one.offset - other.offset);
}

/** What the runs of one track have in common. */
interface Runs {
  readonly track: FileTrack;
  readonly base: number;
  readonly defaults: SampleDefaults;
  /** When the next sample is decoded. */
  time: number;
}

function readTraf(traf: Uint8Array, reading: Reading): void {
  const header = findBox(traf, "tfhd");
  const time = findBox(traf, "tfdt");
  if (header === undefined || time === undefined) throw new MediaError("A traf lacks its header");
  const fields = new BoxFields(header);
  const flags = fields.u32() & 0xffffff;
  const track = reading.tracks.get(fields.u32());
  if (track === undefined) return;
  const base = flags & 1 ? fields.u64() - reading.at : flags & 0x20000 ? 0 : reading.next;
  if (flags & 2) fields.skip(4);
  const defaults = {
    duration: flags & 8 ? fields.u32() : track.defaults.duration,
    size: flags & 16 ? fields.u32() : track.defaults.size,
    flags: flags & 32 ? fields.u32() : track.defaults.flags,
  };
  reading.next = base;
  const runs: Runs = { track, base, defaults, time: decodeTime(time) };
  for (const { type, body } of boxesOf(traf)) if (type === "trun") readTrun(body, reading, runs);
}

function decodeTime(tfdt: Uint8Array): number {
  const fields = new BoxFields(tfdt);
  return fields.u32() >>> 24 === 1 ? fields.u64() : fields.u32();
}

function readTrun(trun: Uint8Array, reading: Reading, runs: Runs): void {
  const fields = new BoxFields(trun);
  const word = fields.u32();
  const count = fields.u32();
  if (reading.samples.length + count > MAX_FRAGMENT_SAMPLES) {
    throw new MediaError(`A fragment has more than ${MAX_FRAGMENT_SAMPLES} samples`);
  }
  if (word & 1) reading.next = runs.base + fields.i32();
  const first = word & 4 ? fields.u32() : undefined;
  const { track, defaults } = runs;
  for (let index = 0; index < count; index++) {
    const duration = word & 0x100 ? fields.u32() : defaults.duration;
    const size = word & 0x200 ? fields.u32() : defaults.size;
    const said = word & 0x400 ? fields.u32() : defaults.flags;
    const flags = index === 0 ? first ?? said : said;
    const delay = word & 0x800 ? (word >>> 24 === 0 ? fields.u32() : fields.i32()) : 0;
    reading.samples.push({
      track,
      offset: reading.next,
      size,
      timestamp: Math.round(((runs.time + delay) / track.timescale + track.shift) * 1e6),
      duration: Math.round(duration / track.timescale * 1e6),
      isKey: track.handler === "soun" || (flags & NOT_SYNC) === 0,
    });
    reading.next += size;
    runs.time += duration;
  }
}

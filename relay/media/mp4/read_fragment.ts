import { MediaError } from "../errors.ts";
import { MAX_FRAGMENT_SAMPLES } from "../limits.ts";
import { BoxFields } from "./box_fields.ts";
import { boxesOf, findBox } from "./boxes.ts";
import type { InitTrack, SampleDefaults } from "./read_init.ts";

/** A sample of a fragment, in the units of its track. */
export interface ReadSample {
  /** When it is decoded. */
  readonly decodeTime: number;
  /** How much later it is presented. */
  readonly offset: number;
  readonly duration: number;
  readonly isKey: boolean;
  readonly data: Uint8Array;
}

/** Set in the flags of a sample that decoding cannot begin with. */
const NO_SYNC = 0x10000;

/** The samples of one track in a fragment or several: `moof` and `mdat`, as CMAF has them. */
export function readFragment(bytes: Uint8Array, track: InitTrack): ReadSample[] {
  const samples: ReadSample[] = [];
  const boxes = [...boxesOf(bytes)];
  for (const [index, { type, body }] of boxes.entries()) {
    if (type !== "moof") continue;
    const data = boxes.slice(index + 1).find((one) => one.type === "mdat")?.body;
    if (data === undefined) throw new MediaError("A fragment has no data");
    samples.push(...readRuns(body, { track, data, count: samples.length }));
  }
  return samples;
}

interface RunPlace {
  readonly track: InitTrack;
  readonly data: Uint8Array;
  /** Samples before. */
  readonly count: number;
}

function readRuns(fragment: Uint8Array, { track, data, count }: RunPlace): ReadSample[] {
  const samples: ReadSample[] = [];
  let at = 0;
  for (const { type, body } of boxesOf(fragment)) {
    const header = type === "traf" ? findBox(body, "tfhd") : undefined;
    if (header === undefined) continue;
    const { id, defaults } = readHeader(header, track.defaults);
    if (id !== track.id) throw new MediaError("A fragment has samples of another track");
    let decodeTime = readTime(findBox(body, "tfdt"));
    for (const run of boxesOf(body)) {
      if (run.type !== "trun") continue;
      for (const sample of readRun(run.body, defaults)) {
        if (count + samples.length === MAX_FRAGMENT_SAMPLES) {
          throw new MediaError(`A fragment has more than ${MAX_FRAGMENT_SAMPLES} samples`);
        }
        const end = at + sample.size;
        if (end > data.length) throw new MediaError("The data of a fragment is cut off");
        const isKey = (sample.flags & NO_SYNC) === 0;
        const { offset, duration } = sample;
        samples.push({ decodeTime, offset, duration, isKey, data: data.subarray(at, end) });
        at = end;
        decodeTime += duration;
      }
    }
  }
  return samples;
}

function readTime(body: Uint8Array | undefined): number {
  if (body === undefined) throw new MediaError("A fragment has no time");
  const fields = new BoxFields(body);
  const time = fields.u32() >>> 24 === 1 ? fields.u64() : fields.u32();
  if (!Number.isSafeInteger(time)) throw new MediaError("The time of a fragment is too large");
  return time;
}

function readHeader(body: Uint8Array, known: SampleDefaults) {
  const fields = new BoxFields(body);
  const flags = fields.u32() & 0xffffff;
  const id = fields.u32();
  if (flags & 0x1) fields.skip(8);
  if (flags & 0x2) fields.skip(4);
  const defaults: SampleDefaults = {
    duration: flags & 0x8 ? fields.u32() : known.duration,
    size: flags & 0x10 ? fields.u32() : known.size,
    flags: flags & 0x20 ? fields.u32() : known.flags,
  };
  return { id, defaults };
}

function* readRun(body: Uint8Array, defaults: SampleDefaults) {
  const fields = new BoxFields(body);
  const first = fields.u32();
  const flags = first & 0xffffff;
  const isSigned = first >>> 24 > 0;
  const count = fields.u32();
  if (flags & 0x1) fields.skip(4);
  const firstFlags = flags & 0x4 ? fields.u32() : undefined;
  for (let index = 0; index < count; index++) {
    const duration = flags & 0x100 ? fields.u32() : defaults.duration;
    const size = flags & 0x200 ? fields.u32() : defaults.size;
    const own = flags & 0x400 ? fields.u32() : defaults.flags;
    const offset = flags & 0x800 ? (isSigned ? fields.i32() : fields.u32()) : 0;
    yield { duration, size, offset, flags: index === 0 ? firstFlags ?? own : own };
  }
}

import type { KeptGroup, KeptTrack } from "../../track/mod.ts";
import type { CatalogTrack } from "../catalog/catalog.ts";
import { MediaError } from "../errors.ts";
import { MAX_PAST_READS } from "../limits.ts";
import type { ReadObject } from "../model/read_object.ts";
import { writeFragment } from "../mp4/write_fragment.ts";
import { writeInit } from "../mp4/write_init.ts";
import { type FrameReader, frameReader, type TimedFrame } from "./frame_reader.ts";
import { type PastSegment, PastWindow } from "./past_window.ts";
import { SampleQueue, type TimedSample } from "./sample_queue.ts";
import { configOf, unpacker } from "./track_config.ts";

/** What a {@linkcode PastTrack} is made of. */
export interface PastTrackParts {
  /** The kept groups of the track; undefined where there are none. */
  readonly kept: () => KeptTrack | undefined;
  readonly track: () => CatalogTrack;
  /** The shortest segment, in microseconds. */
  readonly segment: number;
}

/**
 * What is kept of a track, as segments: a list of when each begins and of which groups it is, which are
 * read when a segment is asked for.
 */
export class PastTrack {
  readonly #parts: PastTrackParts;
  readonly #window: PastWindow;
  // Of so many groups one is looked at, and begins a segment at the earliest.
  #stride = 1;
  #next = 0n;
  #description: Uint8Array | undefined;
  #looking: Promise<void> | undefined;

  constructor(parts: PastTrackParts) {
    this.#parts = parts;
    this.#window = new PastWindow(parts.segment);
  }

  /** The segments that are kept, after a look at what is new. */
  async segments(): Promise<readonly PastSegment[]> {
    this.#looking ??= this.#look().finally(() => this.#looking = undefined);
    await this.#looking;
    return this.#window.segments;
  }

  /** Breaks before the first segment. */
  get breaksBefore(): number {
    return this.#window.breaksBefore;
  }

  /** The header of all segments. */
  get init(): Uint8Array | undefined {
    try {
      const config = configOf(this.#parts.track());
      const description = config.description ?? this.#description;
      return writeInit({ ...config, ...(description !== undefined && { description }) });
    } catch (error) {
      if (error instanceof MediaError) return undefined;
      throw error;
    }
  }

  /** The bytes of a segment; undefined when it is gone. */
  async segment(number: number): Promise<Uint8Array | undefined> {
    const segment = this.#window.find(number);
    const kept = this.#parts.kept();
    if (segment === undefined || kept === undefined) return undefined;
    const samples: TimedSample[] = [];
    const queue = new SampleQueue((sample) => samples.push(sample));
    const read = frameReader(this.#parts.track());
    for (let group = segment.from; group < segment.behind;) {
      const entry = kept.nearest(group, "ascending");
      if (entry === undefined || entry.group >= segment.behind) break;
      const found = await kept.read(entry.group);
      for (const frame of found === undefined ? [] : this.#framesOf(found, read)) queue.add(frame);
      group = entry.group + 1n;
    }
    queue.end();
    const [first] = samples;
    if (first === undefined) return undefined;
    return writeFragment({ sequence: number, decodeTime: first.decodeTime, samples });
  }

  #framesOf(group: KeptGroup, read: FrameReader): TimedFrame[] {
    const unpacked = unpacker(this.#parts.track());
    return framesOf(group, read).flatMap((frame) => {
      const { data, description = this.#description } = sound(() => unpacked(frame)) ?? NOTHING;
      this.#description ??= description;
      return data.length > 0 ? [{ ...frame, data }] : [];
    });
  }

  /** Looks at groups that were not there before, and forgets those that are gone. */
  async #look(): Promise<void> {
    const kept = this.#parts.kept();
    if (kept === undefined) return this.#window.keepFrom(undefined);
    this.#window.keepFrom(kept.nearest(0n, "ascending")?.group);
    // The track began anew.
    if (kept.largest !== undefined && kept.largest.group + 1n < this.#next) this.#next = 0n;
    const groups = newGroups(kept, this.#next);
    if (this.#next === 0n) this.#stride = Math.ceil(Math.max(1, groups.length) / MAX_PAST_READS);
    const read = frameReader(this.#parts.track());
    for (let at = 0; at < groups.length; at += this.#stride) {
      const group = groups[at]!;
      const first = await kept.readFirst(group);
      const [frame] = first === undefined ? [] : this.#framesOf(first, read);
      if (frame !== undefined) this.#window.add(group, frame.decodeTime ?? frame.timestamp);
      this.#next = group + 1n;
    }
  }
}

function newGroups(kept: KeptTrack, from: bigint): bigint[] {
  const groups: bigint[] = [];
  for (let entry = kept.nearest(from, "ascending"); entry !== undefined;) {
    groups.push(entry.group);
    entry = kept.nearest(entry.group + 1n, "ascending");
  }
  return groups;
}

/** The frames of a group, without what is none. */
function framesOf({ id: group, objects }: KeptGroup, read: FrameReader): TimedFrame[] {
  return objects.flatMap(({ id, properties, payload }) => {
    const object: ReadObject = { group, id, properties, payload: payload[0]! };
    return sound(() => [...read(object)]) ?? [];
  });
}

const NOTHING = { data: new Uint8Array(0), description: undefined };

/** What is read; undefined where that is no media. */
function sound<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MediaError) return undefined;
    throw error;
  }
}

import type { TrackConfig } from "../../media/frame.ts";
import type { TimedSample } from "../../media/hls/sample_queue.ts";
import { TRACK_ID, writeInit } from "../../media/mp4/write_init.ts";
import { writeFragment } from "../../media/mp4/write_fragment.ts";
import { MAX_EARLY_SAMPLES } from "./limits.ts";

/** Takes the bytes of the file; false when they are left out. */
export type WriteBytes = (bytes: Uint8Array) => boolean;

interface OutputTrack {
  readonly kind: TrackConfig["kind"];
  config: TrackConfig | undefined;
  /** The track's number in the file, once it is begun. */
  id: number;
  /** Whether a decoder has to wait for a key frame. */
  awaitsKey: boolean;
}

/** Writes the samples of some tracks as one fragmented MP4, each as a fragment of its own. */
export class Mp4Output {
  readonly #write: WriteBytes;
  readonly #tracks: OutputTrack[];
  #early: { readonly track: OutputTrack; readonly sample: TimedSample }[] = [];
  // The time at which the file begins, in microseconds; undefined before it does.
  #zero: number | undefined;
  #sequence = 0;

  constructor(kinds: readonly TrackConfig["kind"][], write: WriteBytes) {
    this.#write = write;
    this.#tracks = kinds.map((kind) => ({ kind, config: undefined, id: 0, awaitsKey: true }));
  }

  /** Whether the header is written. */
  get hasBegun(): boolean {
    return this.#zero !== undefined;
  }

  /** What a decoder has to know of a track; false when the file has said something else of it. */
  configure(index: number, config: TrackConfig): boolean {
    const track = this.#tracks[index]!;
    track.config = config;
    // A new decoder begins with a key frame.
    track.awaitsKey = true;
    return !this.hasBegun;
  }

  /** Adds a sample; false when it could not be written. */
  add(index: number, sample: TimedSample): boolean {
    const track = this.#tracks[index]!;
    if (this.hasBegun) return this.#put(track, sample);
    if (this.#early.length < MAX_EARLY_SAMPLES) this.#early.push({ track, sample });
    const waits = this.#tracks.some((one) => !this.#early.some(({ track }) => track === one));
    if (!waits) this.begin();
    return true;
  }

  /** Begins with the tracks of which samples are there; false when there is none. */
  begin(): boolean {
    if (this.hasBegun) return true;
    const early = this.#early;
    const there = this.#tracks.filter((one) =>
      one.config !== undefined && early.some(({ track }) => track === one)
    );
    if (there.length === 0) return false;
    this.#early = [];
    for (const [index, track] of there.entries()) track.id = TRACK_ID + index;
    // The picture decides: sound before it would be heard with nothing to see.
    const leading = there.find(({ kind }) => kind === "video") ?? there[0];
    const first = early.find(({ track, sample }) => track === leading && sample.isKey) ?? early[0]!;
    this.#zero = first.sample.decodeTime;
    this.#write(writeInit(...there.map(({ config }) => config!)));
    for (const { track, sample } of early) this.#put(track, sample);
    return true;
  }

  #put(track: OutputTrack, sample: TimedSample): boolean {
    const decodeTime = sample.decodeTime - this.#zero!;
    if (track.id === 0 || decodeTime < 0) return true;
    if (track.awaitsKey && !sample.isKey) return true;
    const bytes = writeFragment({
      sequence: ++this.#sequence,
      decodeTime,
      samples: [sample],
      track: track.id,
    });
    // Without one of them the rest of the group is of no use.
    track.awaitsKey = !this.#write(bytes);
    return !track.awaitsKey;
  }
}

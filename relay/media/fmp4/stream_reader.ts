import { MediaError } from "../errors.ts";
import { findBox } from "../mp4/boxes.ts";
import type { MediaSink } from "../ingest/media_sink.ts";
import type { FrameDrop } from "../../vocabulary/mod.ts";
import { Pending } from "../pending.ts";
import { configOf, type FileTrack, fileTracks } from "./file_tracks.ts";
import { type ComingSample, fragmentSamples } from "./fragment_samples.ts";
import { MAX_HEADER_BOX_BYTES } from "./limits.ts";

/** The box whose bytes come now. */
interface OpenBox {
  readonly type: string;
  /** Where it ends in the file. */
  readonly end: number;
}

/**
 * Reads a fragmented MP4 as it comes: each frame goes into the sink as soon as its last byte is there, and
 * nothing is kept but the header of a fragment and the frame that is not complete.
 */
export class Mp4StreamReader {
  readonly #sink: MediaSink;
  readonly #maxFrameBytes: number;
  #tracks: ReadonlyMap<number, FileTrack> = new Map();
  // Of the last moof, the next one first, with their places in the file.
  #samples: readonly ComingSample[] = [];
  #nextSample = 0;
  // How many bytes of it have come.
  #taken = 0;
  #moofAt = 0;
  #box: OpenBox | undefined;
  // What waits for its rest: the head of a box, a moov, a moof or a frame.
  readonly #pending = new Pending();
  // How many bytes have been taken.
  #at = 0;
  #frames = 0;

  constructor(sink: MediaSink, maxFrameBytes: number) {
    this.#sink = sink;
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** How many frames have come. */
  get frames(): number {
    return this.#frames;
  }

  /** Takes the next bytes. Throws {@linkcode MediaError} for what is no fragmented MP4. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += this.#take(bytes.subarray(at));
  }

  /** Takes some of these bytes, at least one, and returns how many. */
  #take(bytes: Uint8Array): number {
    if (this.#box === undefined) return this.#head(bytes);
    const { type, end } = this.#box;
    const left = end - this.#at;
    const part = bytes.subarray(0, left);
    const taken = type === "mdat"
      ? this.#data(part)
      : HEADERS.has(type)
      ? this.#header(part, type, end)
      : part.length;
    this.#at += taken;
    if (this.#at === end) this.#endBox();
    return taken;
  }

  #endBox(): void {
    const sample = this.#samples[this.#nextSample];
    // The data ends before the frame does.
    if (this.#taken > 0 && sample !== undefined) this.#endSample(sample, "malformed");
    this.#pending.cut(0);
    this.#box = undefined;
  }

  #head(bytes: Uint8Array): number {
    const before = this.#pending.length;
    const whole = this.#pending.add(bytes.subarray(0, MAX_HEAD_BYTES - before));
    const head = readHead(whole);
    if (head === undefined) {
      const taken = this.#pending.length - before;
      this.#at += taken;
      return taken;
    }
    const { type, size, length } = head;
    const begins = this.#at - before;
    this.#at += length - before;
    this.#pending.cut(HEADERS.has(type) ? length : 0);
    if (HEADERS.has(type) && size > MAX_HEADER_BOX_BYTES) {
      throw new MediaError(`A ${type} has ${size} bytes`);
    }
    if (type === "moof") this.#moofAt = begins;
    this.#box = { type, end: begins + size };
    if (size === length) this.#endBox();
    return length - before;
  }

  /** A moov or moof, which is read when it is whole. */
  #header(part: Uint8Array, type: string, end: number): number {
    const whole = this.#pending.add(part);
    if (this.#at + part.length < end) return part.length;
    if (type === "moov") this.#init(whole.slice());
    else {
      const moof = findBox(whole, "moof")!;
      this.#samples = fragmentSamples(moof, this.#tracks, this.#moofAt);
      this.#nextSample = 0;
      this.#tellDelay();
    }
    return part.length;
  }

  #init(moov: Uint8Array): void {
    this.#tracks = fileTracks(moov);
    for (const track of this.#tracks.values()) {
      if (track.watch === undefined) this.#sink.lost(track.id, "codec");
      else this.#tell(track);
    }
  }

  #tell(track: FileTrack): void {
    const config = configOf(track);
    if (config !== undefined) this.#sink.configure(track.id, config);
  }

  /** A fragment comes at once, so that its frames are late by as much as it is long. */
  #tellDelay(): void {
    const byTrack = new Map<FileTrack, number>();
    for (const { track, duration } of this.#samples) {
      byTrack.set(track, (byTrack.get(track) ?? 0) + duration);
    }
    this.#sink.delay?.(Math.max(0, ...byTrack.values()));
  }

  /** The bytes of samples, and what lies between them, which is left out. */
  #data(part: Uint8Array): number {
    const sample = this.#samples[this.#nextSample];
    if (sample === undefined) return part.length;
    const next = this.#moofAt + sample.offset + this.#taken;
    if (next > this.#at) return Math.min(part.length, next - this.#at);
    if (next < this.#at) {
      // It overlaps the one before it, or lies before the data.
      this.#endSample(sample, "malformed");
      return 0;
    }
    const bytes = part.subarray(0, sample.size - this.#taken);
    this.#taken += bytes.length;
    const isKept = sample.size <= this.#maxFrameBytes;
    const data = isKept ? this.#pending.add(bytes) : NOTHING;
    if (this.#taken === sample.size) {
      if (isKept) this.#frame(sample, data.slice());
      this.#endSample(sample, isKept ? undefined : "too_large");
    }
    return bytes.length;
  }

  #endSample({ track }: ComingSample, fault: FrameDrop | undefined): void {
    if (fault !== undefined) this.#sink.lost(track.id, fault);
    this.#pending.cut(0);
    this.#taken = 0;
    this.#nextSample++;
  }

  #frame({ track, timestamp, duration, isKey }: ComingSample, data: Uint8Array): void {
    this.#frames++;
    const { id, watch } = track;
    if (watch === undefined) return;
    const before = watch.config;
    const checked = watch.check({ data, isKey });
    if (!checked.isSound) return this.#sink.lost(id, "malformed");
    if (watch.config !== before) this.#tell(track);
    this.#sink.frame(id, { timestamp, duration, isKey: checked.isKey, data });
  }
}

const NOTHING = new Uint8Array(0);

/** Boxes that are read whole. */
const HEADERS: ReadonlySet<string> = new Set(["moov", "moof"]);

/** The longest head of a box. */
const MAX_HEAD_BYTES = 16;

/** The beginning of a box: how long that is, and the whole box; undefined when it is not complete. */
function readHead(
  bytes: Uint8Array,
): { readonly type: string; readonly length: number; readonly size: number } | undefined {
  if (bytes.length < 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = String.fromCharCode(...bytes.subarray(4, 8));
  if (!/^[\w ]{4}$/.test(type)) throw new MediaError("This is no MP4");
  const short = view.getUint32(0);
  if (short !== 1) {
    // A size of 0 is "to the end of the file", which a stream has not got.
    if (short < 8) throw new MediaError(`A box of ${short} bytes`);
    return { type, length: 8, size: short };
  }
  if (bytes.length < 16) return undefined;
  const size = Number(view.getBigUint64(8));
  if (size < 16 || !Number.isSafeInteger(size)) throw new MediaError(`A box of ${size} bytes`);
  return { type, length: 16, size };
}

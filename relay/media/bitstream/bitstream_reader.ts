import { configOf } from "../codec/codecs.ts";
import { BitReader, unescaped } from "../codec/bit_reader.ts";
import { FramePacker } from "../codec/frame_packer.ts";
import { startCode, unitsOf } from "../codec/start_codes.ts";
import { MediaError } from "../errors.ts";
import type { MediaSink } from "../ingest/media_sink.ts";
import { Pending } from "../pending.ts";
import { PictureBoundary } from "./picture_boundary.ts";

/** What a {@linkcode BitstreamReader} is given. */
export interface BitstreamOptions {
  readonly maxFrameBytes: number;
  /** Frames a second; undefined: as the stream says. */
  readonly framerate: number | undefined;
  /** The stream does not say how many frames a second it has. */
  readonly onUnknownRate: (assumed: number) => void;
}

/** Frames a second where nobody says it. */
const USUAL_FRAMERATE = 30;

/** The number of the only track. */
const TRACK = 1;

/**
 * Reads H.264 without a container (Annex B) as it comes: a frame goes into the sink when the next one
 * begins, and its time is counted, since nothing says it.
 */
export class BitstreamReader {
  readonly #sink: MediaSink;
  readonly #options: BitstreamOptions;
  readonly #packer = new FramePacker("avc");
  readonly #boundary = new PictureBoundary();
  // From the beginning of the picture in progress.
  readonly #pending = new Pending();
  // How far start codes have been looked for in it.
  #scanned = 0;
  #isTooLarge = false;
  #description: Uint8Array | undefined;
  #framerate: number | undefined;
  #reordered = 0;
  // When the next frame is presented, in microseconds.
  #time = 0;

  constructor(sink: MediaSink, options: BitstreamOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#framerate = options.framerate;
  }

  /** Takes the next bytes. Throws {@linkcode MediaError} for a stream whose order is not known. */
  push(bytes: Uint8Array): void {
    // In pieces, so that a great many bytes at once are no longer kept than their frames.
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      this.#take(bytes.subarray(at, at + PIECE_BYTES));
    }
  }

  /** Nothing comes any more. */
  end(): void {
    this.#picture(this.#pending.bytes);
    this.#pending.cut(0);
  }

  #take(bytes: Uint8Array): void {
    const all = this.#pending.add(bytes);
    let begins = 0;
    // A unit is known by its first two bytes.
    for (;;) {
      const at = startCode(all, this.#scanned);
      if (at + UNIT_BYTES > all.length) {
        this.#scanned = Math.max(this.#scanned, Math.min(at, all.length - 2), 0);
        break;
      }
      this.#scanned = at + 3;
      if (!this.#boundary.isBefore(all.subarray(at + 3, at + UNIT_BYTES))) continue;
      this.#picture(all.subarray(begins, at));
      begins = at;
    }
    this.#pending.drop(begins);
    this.#scanned -= begins;
    if (this.#pending.length <= this.#options.maxFrameBytes) return;
    this.#isTooLarge = true;
    this.#pending.cut(0);
    this.#scanned = 0;
  }

  #picture(bytes: Uint8Array): void {
    if (this.#isTooLarge) {
      this.#isTooLarge = false;
      this.#time += this.#duration;
      return this.#sink.lost(TRACK, "too_large");
    }
    this.#refuseReordered(bytes);
    try {
      const { data, isKey, description } = this.#packer.pack(bytes);
      if (data.length === 0) return;
      if (isKey && description !== this.#description) this.#configure(description);
      const timestamp = Math.round(this.#time);
      const duration = this.#duration;
      this.#time += duration;
      if (this.#description === undefined) return this.#sink.lost(TRACK, "no_config");
      this.#sink.frame(TRACK, { timestamp, duration: Math.round(duration), isKey, data });
    } catch (error) {
      if (!(error instanceof MediaError)) throw error;
      this.#sink.lost(TRACK, "malformed");
    }
  }

  /** Of a frame, in microseconds. */
  get #duration(): number {
    return 1_000_000 / (this.#framerate ?? USUAL_FRAMERATE);
  }

  /** Frames that are presented out of order have no time that could be counted. */
  #refuseReordered(picture: Uint8Array): void {
    if (!hasBSlice(picture) || ++this.#reordered < CERTAINLY_REORDERED) return;
    throw new MediaError(
      "it has B-frames, and without a container nothing says in which order they are presented: " +
        "encode without them (-bf 0), or pipe MPEG-TS (-f mpegts)",
    );
  }

  #configure(description: Uint8Array | undefined): void {
    if (description === undefined) return;
    const config = configOf.avc(description);
    this.#description = description;
    if (config.kind !== "video") return;
    this.#framerate = this.#options.framerate ?? config.framerate;
    if (this.#framerate === undefined) {
      this.#framerate = USUAL_FRAMERATE;
      this.#options.onUnknownRate(USUAL_FRAMERATE);
    }
    this.#sink.configure(TRACK, { ...config, framerate: this.#framerate });
  }
}

const PIECE_BYTES = 65_536;

/** A start code of three bytes, and the head of a unit. */
const UNIT_BYTES = 5;

const B_SLICE = 1;
const SLICE_TYPES = 5;

/** Pictures of B-slices before it is said: one alone may be a damaged one. */
const CERTAINLY_REORDERED = 3;

function hasBSlice(picture: Uint8Array): boolean {
  for (const unit of unitsOf(picture)) {
    const type = unit[0]! & 31;
    if (type === 1 || type === 5) return sliceType(unit) % SLICE_TYPES === B_SLICE;
  }
  return false;
}

/** The type of a slice (H.264, 7.3.3); of one that is cut off, that of no B-slice. */
function sliceType(unit: Uint8Array): number {
  try {
    const reader = new BitReader(unescaped(unit.subarray(1, MAX_SLICE_HEAD_BYTES)));
    reader.golomb();
    return reader.golomb();
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    return 0;
  }
}

/** Two numbers of 32 bits have no more bits. */
const MAX_SLICE_HEAD_BYTES = 24;

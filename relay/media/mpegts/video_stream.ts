import { configOf } from "../codec/codecs.ts";
import { FramePacker } from "../codec/frame_packer.ts";
import type { NalCodec } from "../codec/parameter_sets.ts";
import { MediaError } from "../errors.ts";
import type { MediaSink } from "../ingest/media_sink.ts";
import { framesOf } from "../bitstream/access_units.ts";
import type { PesPacket } from "./pes.ts";
import type { StreamClock } from "./stream_clock.ts";

/** Where a picture goes that says no time, and nothing says how long one lasts. */
const FRAME_US = 1_000_000 / 30;

/** The pictures of one stream of H.264 or H.265. */
export class VideoStream {
  readonly #pid: number;
  readonly #codec: NalCodec;
  readonly #sink: MediaSink;
  readonly #clock: StreamClock;
  readonly #packer: FramePacker;
  #description: Uint8Array | undefined;
  #frame = FRAME_US;
  // When the last picture was presented.
  #last: number | undefined;

  constructor(pid: number, codec: NalCodec, to: { sink: MediaSink; clock: StreamClock }) {
    this.#pid = pid;
    this.#codec = codec;
    this.#sink = to.sink;
    this.#clock = to.clock;
    this.#packer = new FramePacker(codec);
  }

  /** Takes a PES packet: one picture as a rule, several where each begins with a delimiter. */
  packet({ presented, data }: PesPacket): void {
    let time = presented === undefined ? undefined : this.#clock.at(presented);
    for (const frame of framesOf(this.#codec, data)) {
      time ??= this.#last === undefined ? undefined : this.#last + this.#frame;
      if (time !== undefined) this.#take(frame, time);
      else this.#sink.lost(this.#pid, "malformed");
      time = undefined;
    }
  }

  #take(frame: Uint8Array, timestamp: number): void {
    try {
      const { data, isKey, description } = this.#packer.pack(frame);
      if (isKey && description !== this.#description) this.#configure(description);
      this.#last = timestamp;
      if (data.length === 0) return;
      const isKnown = this.#description !== undefined;
      if (isKnown) this.#sink.frame(this.#pid, { timestamp: Math.round(timestamp), isKey, data });
      else this.#sink.lost(this.#pid, "no_config");
    } catch (error) {
      if (!(error instanceof MediaError)) throw error;
      this.#sink.lost(this.#pid, "malformed");
    }
  }

  #configure(description: Uint8Array | undefined): void {
    if (description === undefined) return;
    const config = configOf[this.#codec](description);
    this.#description = description;
    if (config.kind === "video" && config.framerate) this.#frame = 1_000_000 / config.framerate;
    this.#sink.configure(this.#pid, config);
  }
}

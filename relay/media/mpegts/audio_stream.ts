import { equalBytes } from "@qumo/shared/wire";
import { MediaError } from "../errors.ts";
import type { AudioConfig } from "../frame.ts";
import type { MediaSink } from "../ingest/media_sink.ts";
import { Pending } from "../pending.ts";
import { ADTS_SAMPLES, type AdtsFrame, readAdts } from "./adts.ts";
import type { PesPacket } from "./pes.ts";
import type { StreamClock } from "./stream_clock.ts";

/** The frames of one stream of AAC, which may go on in the next PES packet. */
export class AudioStream {
  readonly #pid: number;
  readonly #sink: MediaSink;
  readonly #clock: StreamClock;
  readonly #pending = new Pending();
  #config: AudioConfig | undefined;
  // When the next frame is presented.
  #next: number | undefined;

  constructor(pid: number, to: { sink: MediaSink; clock: StreamClock }) {
    this.#pid = pid;
    this.#sink = to.sink;
    this.#clock = to.clock;
  }

  packet({ presented, data }: PesPacket): void {
    const time = presented === undefined ? undefined : this.#clock.at(presented);
    // The time is that of the first frame that begins in the packet.
    if (this.#pending.length === 0) this.#next = time ?? this.#next;
    const before = this.#pending.length;
    const all = this.#pending.add(data);
    let at = 0;
    try {
      for (;;) {
        const read = readAdts(all.subarray(at));
        if (read.kind === "short") break;
        if (at >= before && before > 0 && time !== undefined) this.#next = time;
        if (read.kind === "frame") this.#frame(read.frame);
        else if (read.length > 0) this.#sink.lost(this.#pid, "malformed");
        at += read.length;
        if (at === all.length) break;
      }
    } catch (error) {
      if (!(error instanceof MediaError)) throw error;
      this.#sink.lost(this.#pid, "malformed");
      at = all.length;
    }
    this.#pending.drop(at);
  }

  #frame({ config, data }: AdtsFrame): void {
    const known = this.#config?.description;
    if (known === undefined || !equalBytes(known, config.description!)) {
      this.#config = config;
      this.#sink.configure(this.#pid, config);
    }
    if (this.#next === undefined) return this.#sink.lost(this.#pid, "malformed");
    const duration = ADTS_SAMPLES / config.sampleRate * 1_000_000;
    const timestamp = Math.round(this.#next);
    this.#next += duration;
    this.#sink.frame(this.#pid, { timestamp, duration: Math.round(duration), isKey: true, data });
  }
}

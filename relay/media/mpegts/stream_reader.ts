import { MediaError } from "../errors.ts";
import type { MediaSink } from "../ingest/media_sink.ts";
import { AudioStream } from "./audio_stream.ts";
import { FirstFrames } from "./first_frames.ts";
import { MAX_BEFORE_PROGRAM_BYTES, MAX_PROGRAM_STREAMS } from "./limits.ts";
import { type Packet, PacketCutter } from "./packets.ts";
import { type PesPacket, PesReader } from "./pes.ts";
import { SectionReader } from "./sections.ts";
import { StreamClock } from "./stream_clock.ts";
import { type ProgramStream, readAssociation, readMap, streamName } from "./tables.ts";
import { VideoStream } from "./video_stream.ts";

/** A stream that is read. */
interface OpenStream {
  readonly type: number;
  readonly pes: PesReader;
}

const ASSOCIATION_PID = 0;

const AAC = 0x0f;
const H264 = 0x1b;
const H265 = 0x24;

/**
 * Reads MPEG-TS as it comes: each frame of the first program goes into the sink when its last byte is
 * known to be there, and nothing is kept but what is not complete, and at the beginning until each
 * stream has said what it is.
 */
export class TsStreamReader {
  readonly #sink: FirstFrames;
  readonly #maxFrameBytes: number;
  readonly #leftOut: (what: string) => void;
  readonly #cutter = new PacketCutter();
  readonly #clock = new StreamClock();
  readonly #association = new SectionReader();
  #map: { readonly pid: number; readonly sections: SectionReader } | undefined;
  readonly #streams = new Map<number, OpenStream>();
  // Of the program, by its streams: also those that are left out.
  readonly #seen = new Set<string>();
  #bytes = 0;

  /** Says in words which streams are left out, each kind once. */
  constructor(sink: MediaSink, maxFrameBytes: number, leftOut: (what: string) => void) {
    this.#sink = new FirstFrames(sink);
    this.#maxFrameBytes = maxFrameBytes;
    this.#leftOut = leftOut;
  }

  /** Takes the next bytes. Throws {@linkcode MediaError} for what is no MPEG-TS, or has nothing to publish. */
  push(bytes: Uint8Array): void {
    for (const packet of this.#cutter.push(bytes)) this.#take(packet);
    if (this.#seen.size > 0) return;
    this.#bytes += bytes.length;
    if (this.#bytes > MAX_BEFORE_PROGRAM_BYTES) {
      throw new MediaError(`There is no program among ${this.#bytes} bytes of MPEG-TS`);
    }
  }

  /** Nothing comes any more. */
  end(): void {
    for (const { pes } of this.#streams.values()) pes.end();
    this.#sink.release();
  }

  #take(packet: Packet): void {
    const { pid, isStart, isSound, payload } = packet;
    if (pid !== ASSOCIATION_PID && pid !== this.#map?.pid) {
      return this.#streams.get(pid)?.pes.push(packet);
    }
    const sections = pid === ASSOCIATION_PID ? this.#association : this.#map!.sections;
    if (!isSound) return sections.breakOff();
    for (const section of sections.push(payload, isStart)) {
      if (pid === ASSOCIATION_PID) this.#follow(readAssociation(section));
      else this.#open(readMap(section));
    }
  }

  #follow(pid: number | undefined): void {
    if (pid === undefined || pid === this.#map?.pid) return;
    this.#map = { pid, sections: new SectionReader() };
  }

  #open(streams: readonly ProgramStream[] | undefined): void {
    if (streams === undefined) return;
    const listed = streams.slice(0, MAX_PROGRAM_STREAMS);
    for (const [pid, { type, pes }] of this.#streams) {
      if (listed.some((one) => one.pid === pid && one.type === type)) continue;
      pes.end();
      this.#streams.delete(pid);
      this.#sink.forget(pid);
    }
    for (const stream of listed) {
      if (this.#streams.has(stream.pid)) continue;
      const packets = this.#streamOf(stream);
      if (packets === undefined) this.#skip(stream);
      else this.#add(stream, packets);
    }
    if (this.#streams.size > 0 || listed.length === 0) return;
    const names = [...new Set(listed.map(({ type }) => streamName(type)))].join(", ");
    throw new MediaError(`MPEG-TS has nothing of H.264, H.265 and AAC, but ${names}`);
  }

  #add({ pid, type }: ProgramStream, packets: { packet(packet: PesPacket): void }): void {
    const pes = new PesReader({
      packet: (packet) => packets.packet(packet),
      lost: (reason) => this.#sink.lost(pid, reason),
    }, this.#maxFrameBytes);
    this.#streams.set(pid, { type, pes });
    this.#sink.expect(pid);
    this.#seen.add(streamName(type));
  }

  #skip({ pid, type }: ProgramStream): void {
    const name = streamName(type);
    if (this.#seen.has(name)) return;
    this.#seen.add(name);
    this.#sink.lost(pid, "codec");
    this.#leftOut(name);
  }

  /** Undefined for one that is not taken. */
  #streamOf({ pid, type }: ProgramStream): VideoStream | AudioStream | undefined {
    const to = { sink: this.#sink, clock: this.#clock };
    switch (type) {
      case AAC:
        return new AudioStream(pid, to);
      case H264:
        return new VideoStream(pid, "avc", to);
      case H265:
        return new VideoStream(pid, "hevc", to);
      default:
        return undefined;
    }
  }
}

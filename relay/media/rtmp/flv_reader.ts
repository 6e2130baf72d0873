import type { CodecName } from "../codec/codecs.ts";
import { FrameWatch } from "../codec/frame_watch.ts";
import { MediaError } from "../errors.ts";
import type { TrackConfig } from "../frame.ts";
import type { MediaSink } from "../ingest/media_sink.ts";
import type { AmfValue } from "./amf.ts";
import { type FlvPacket, readAudio, readVideo } from "./flv_packet.ts";
import type { RtmpMedia } from "./session.ts";

/** Tracks of audio are counted behind those of video, of which there are up to 256. */
const AUDIO_TRACKS = 256;

/** Puts the media messages of RTMP, which are those of FLV, into a sink. */
export class FlvReader {
  readonly #sink: MediaSink;
  readonly #known = new Map<number, FrameWatch>();
  // Timestamps have 32 bits: what was added to them so far, and the last one.
  #wrapped = 0;
  #last: number | undefined;
  #metadata: { readonly [name: string]: AmfValue } = {};

  constructor(sink: MediaSink) {
    this.#sink = sink;
  }

  /** Takes a message. Throws {@linkcode RtmpError} for one that is cut off. */
  take(media: RtmpMedia): void {
    if (media.kind === "metadata") return void (this.#metadata = media.values);
    const isVideo = media.kind === "video";
    const time = this.#unwrapped(media.timestamp);
    for (const packet of isVideo ? readVideo(media.payload) : readAudio(media.payload)) {
      this.#packet(packet, (isVideo ? 0 : AUDIO_TRACKS) + packet.track, time);
    }
  }

  #packet(packet: FlvPacket, track: number, time: number): void {
    const { codec, kind, data, delay } = packet;
    if (kind === "end") return;
    if (codec === undefined) return this.#sink.lost(track, "codec");
    if (kind === "config") return this.#configure(track, codec, data);
    const known = this.#known.get(track);
    const watch = known?.codec === codec ? known : this.#unsaid(track, codec);
    if (watch === undefined) return this.#sink.lost(track, "no_config");
    const before = watch.config;
    const { isSound, isKey } = watch.check(packet);
    if (!isSound) return this.#sink.lost(track, "malformed");
    if (watch.config !== before) this.#tell(track, watch);
    const timestamp = (time + delay) * 1_000;
    this.#sink.frame(track, { timestamp, isKey, data });
  }

  #configure(track: number, codec: CodecName, data: Uint8Array): void {
    // The message is not kept.
    const description = data.slice();
    let watch: FrameWatch;
    try {
      watch = new FrameWatch(codec, description);
    } catch (error) {
      if (!(error instanceof MediaError)) throw error;
      return this.#sink.lost(track, "malformed");
    }
    this.#known.set(track, watch);
    this.#tell(track, watch);
  }

  /** Opus says nothing that one or two channels need; undefined for a codec that has to be configured. */
  #unsaid(track: number, codec: CodecName): FrameWatch | undefined {
    if (codec !== "opus") return undefined;
    const watch = new FrameWatch(codec, PLAIN_OPUS);
    this.#known.set(track, watch);
    this.#tell(track, watch);
    return watch;
  }

  #tell(track: number, { config }: FrameWatch): void {
    if (config !== undefined) this.#sink.configure(track, this.#described(config, track));
  }

  /** What the encoder says beside the codec, as far as that does not say it itself. */
  #described(config: TrackConfig, track: number): TrackConfig {
    const said = (name: string) => {
      const value = this.#metadata[name];
      return typeof value === "number" && value > 0 && value < 1e6 ? value : undefined;
    };
    if (config.kind === "audio" || track > 0) return config;
    const [width, height, framerate] = ["width", "height", "framerate"].map(said);
    return {
      ...(width !== undefined && height !== undefined && { width, height }),
      ...(framerate !== undefined && { framerate }),
      ...config,
    };
  }

  /** A timestamp of 32 bits as one that goes on; audio and video share their count. */
  #unwrapped(timestamp: number): number {
    const last = this.#last ?? timestamp;
    if (last - timestamp > HALF) this.#wrapped += FULL;
    else if (timestamp - last > HALF) this.#wrapped -= FULL;
    this.#last = timestamp;
    return timestamp + this.#wrapped;
  }
}

/** An OpusHead of two channels. */
const PLAIN_OPUS = Uint8Array.from(
  [..."OpusHead"].map((one) => one.charCodeAt(0)).concat(
    ...[1, 2, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0],
  ),
);

const FULL = 2 ** 32;
const HALF = 2 ** 31;

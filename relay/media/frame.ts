/** One encoded frame: what a decoder is given at once. */
export interface MediaFrame {
  /** When it is presented, in microseconds of the publisher's clock. */
  readonly timestamp: number;
  /** Whether a decoder can begin with it. */
  readonly isKey: boolean;
  /** The bitstream of the codec, as its WebCodecs registration has it. */
  readonly data: Uint8Array;
  /** How long it lasts, in microseconds; undefined where nobody says it. */
  readonly duration?: number;
}

/** What a decoder of a track has to know. */
export type TrackConfig = VideoConfig | AudioConfig;

/** What decoders of any kind have to know. */
interface CodecConfig {
  /** As WebCodecs and MP4 name it: `avc1.64001f`, `mp4a.40.2`, `opus`. */
  readonly codec: string;
  /**
   * What initializes the decoder: the content of avcC, hvcC, av1C or vpcC, or an AudioSpecificConfig
   * or OpusHead. Undefined when it is in the bitstream, or nothing is needed.
   */
  readonly description?: Uint8Array;
  /** Bits a second, at most. */
  readonly bitrate?: number;
}

/** What a decoder of video has to know. */
export interface VideoConfig extends CodecConfig {
  readonly kind: "video";
  /** The size of the encoded picture in pixels. */
  readonly width?: number;
  readonly height?: number;
  /** Frames a second. */
  readonly framerate?: number;
}

/** What a decoder of audio has to know. */
export interface AudioConfig extends CodecConfig {
  readonly kind: "audio";
  /** In Hz. */
  readonly sampleRate: number;
  readonly channels: number;
}

import { BitstreamReader } from "../../media/bitstream/bitstream_reader.ts";
import { Mp4StreamReader } from "../../media/fmp4/stream_reader.ts";
import type { MediaSink } from "../../media/ingest/media_sink.ts";
import { TsStreamReader } from "../../media/mpegts/stream_reader.ts";
import { MAX_FRAME_BYTES } from "./limits.ts";
import type { MediaFormat } from "./media_format.ts";

/** Reads what comes in a format, and puts its frames into a sink. */
export interface MediaReader {
  /** Throws a MediaError for what cannot be published. */
  push(bytes: Uint8Array): void;
  /** Nothing comes any more. */
  end?(): void;
}

/** What is told, and asked for, beside the frames. */
export interface ReaderOptions {
  /** Frames a second of H.264; undefined: as the stream says. */
  readonly framerate: number | undefined;
  readonly say: (text: string) => void;
}

/** A reader of a format. */
export function mediaReader(
  format: MediaFormat,
  sink: MediaSink,
  { framerate, say }: ReaderOptions,
): MediaReader {
  switch (format) {
    case "mp4":
      return new Mp4StreamReader(sink, MAX_FRAME_BYTES);
    case "mpegts":
      return new TsStreamReader(sink, MAX_FRAME_BYTES, (what) => say(`Left out: ${what}`));
    case "h264":
      return new BitstreamReader(sink, {
        maxFrameBytes: MAX_FRAME_BYTES,
        framerate,
        onUnknownRate: (assumed) =>
          say(`The stream does not say how many frames a second it has: ${assumed}, or --fps N`),
      });
  }
}

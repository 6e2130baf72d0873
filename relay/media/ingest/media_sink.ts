import type { FrameDrop } from "../../vocabulary/mod.ts";
import type { MediaFrame, TrackConfig } from "../frame.ts";

/** Where the tracks and frames of a container go; a track is known by a number. */
export interface MediaSink {
  /** What a decoder has to know from the next frame on. */
  configure(track: number, config: TrackConfig): void;
  frame(track: number, frame: MediaFrame): void;
  /** Frames come so much later than the first one of those that come at once, in microseconds. */
  delay?(microseconds: number): void;
  /** A frame is not there, or of no use. */
  lost(track: number, reason: FrameDrop): void;
}

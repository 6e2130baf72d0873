import { type ControlFrame, encodeFrame } from "./frames.ts";

/** A frame whose content is decided when it is sent. */
export interface PendingFrame {
  /** Undefined when it is no longer needed. */
  encode(): Uint8Array | undefined;
}

/** Sends frames; one that waits already is sent once. */
export interface FrameSink {
  add(frame: PendingFrame): void;
}

/** A frame that is as it is. */
export function fixedFrame(frame: ControlFrame): PendingFrame {
  const bytes = encodeFrame(frame);
  return { encode: () => bytes };
}

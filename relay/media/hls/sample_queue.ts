import { MAX_SAMPLE_GAP_US, MAX_WAITING_FRAMES } from "../limits.ts";
import type { Sample } from "../mp4/write_fragment.ts";
import type { TimedFrame } from "./frame_reader.ts";

/** A sample with the time at which it is decoded. */
export interface TimedSample extends Sample {
  /** In microseconds. */
  readonly decodeTime: number;
  /** Whether its time does not follow on from the one before. */
  readonly isBreak: boolean;
}

/** How long a frame lasts until others have said it, in microseconds. */
const USUAL_US = 33_333;

/**
 * Makes samples of frames, in the order of decoding. What a container does not say follows from the
 * timestamps: a frame lasts until the next one, which is waited for, and frames that are presented
 * before one that is decoded earlier share its place in time.
 */
export class SampleQueue {
  readonly #emit: (sample: TimedSample) => void;
  #waiting: TimedFrame[] = [];
  #latest = -Infinity;
  // Where the next sample is expected.
  #end: number | undefined;
  #usual = USUAL_US;

  constructor(emit: (sample: TimedSample) => void) {
    this.#emit = emit;
  }

  add(frame: TimedFrame): void {
    if (frame.decodeTime !== undefined && frame.duration !== undefined && frame.duration > 0) {
      return this.#pass(frame, frame.decodeTime, frame.duration);
    }
    const isNext = frame.timestamp > this.#latest;
    const isBack = this.#latest - frame.timestamp > MAX_SAMPLE_GAP_US;
    if (this.#waiting.length > 0 && (isNext || isBack || frame.isKey)) {
      this.#flush(isNext ? frame.timestamp : undefined);
    }
    // More than any codec reorders.
    if (this.#waiting.length === MAX_WAITING_FRAMES) this.#flush(undefined);
    this.#waiting.push(frame);
    this.#latest = isBack || frame.isKey
      ? frame.timestamp
      : Math.max(this.#latest, frame.timestamp);
  }

  /** Passes on what waits for the next frame. */
  end(): void {
    this.#flush(undefined);
  }

  /** What comes does not follow on. */
  interrupt(): void {
    this.end();
    this.#end = undefined;
    this.#latest = -Infinity;
  }

  #flush(next: number | undefined): void {
    const frames = this.#waiting;
    this.#waiting = [];
    const times = frames.map(({ timestamp }) => timestamp).sort((a, b) => a - b);
    for (const [index, frame] of frames.entries()) {
      const time = times[index]!;
      const following = times[index + 1] ?? (frames.length === 1 ? next : undefined);
      const apart = following === undefined ? this.#usual : following - time;
      const isApart = apart > 0 && apart <= MAX_SAMPLE_GAP_US;
      if (isApart) this.#usual = apart;
      this.#pass(frame, time, isApart ? apart : this.#usual);
    }
  }

  #pass({ timestamp, isKey, data }: TimedFrame, decodeTime: number, duration: number): void {
    const isBreak = this.#end === undefined ||
      Math.abs(decodeTime - this.#end) > MAX_SAMPLE_GAP_US;
    this.#end = decodeTime + duration;
    const offset = Math.min(
      Math.max(timestamp - decodeTime, -MAX_SAMPLE_GAP_US),
      MAX_SAMPLE_GAP_US,
    );
    this.#emit({ data, duration, offset, isKey, decodeTime, isBreak });
  }
}

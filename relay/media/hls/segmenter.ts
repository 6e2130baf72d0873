import { writeFragment } from "../mp4/write_fragment.ts";
import type { TimedSample } from "./sample_queue.ts";

/** A part of a segment: a fragment of MP4. */
export interface Part {
  readonly bytes: Uint8Array;
  /** In microseconds. */
  readonly duration: number;
  /** Whether decoding can begin with it. */
  readonly isIndependent: boolean;
}

/** A segment, which grows until it is whole. */
export interface Segment {
  /** Counts on from one to the next. */
  readonly number: number;
  readonly parts: Part[];
  /** In microseconds, of the parts so far. */
  duration: number;
  bytes: number;
  isWhole: boolean;
  /** Whether its time does not follow on from the segment before. */
  readonly isBreak: boolean;
  /** Which header it needs. */
  readonly init: number;
  /** When its first frame came, in milliseconds since 1970. */
  readonly wall: number;
}

/** How segments and parts are cut, in microseconds. */
export interface Cutting {
  /** A part is as long as possible up to this. */
  readonly part: number;
  /** A segment ends before a key frame from here on. */
  readonly segment: number;
  /** A segment ends at this at the latest. */
  readonly longest: number;
}

/** Takes segments and parts. */
export interface SegmentSink {
  /** A segment began, or has another part, or is whole. */
  changed(segment: Segment): void;
  /** The time of a frame of this time, in milliseconds since 1970. */
  wallOf(microseconds: number): number;
}

/** Cuts samples into parts and segments. */
export class Segmenter {
  readonly #cutting: Cutting;
  readonly #sink: SegmentSink;
  #next: number;
  #sequence = 0;
  #segment: Segment | undefined;
  #samples: TimedSample[] = [];
  #length = 0;
  #hasBegun = false;
  #isBreak = false;
  #init = 0;

  constructor(cutting: Cutting, firstNumber: number, sink: SegmentSink) {
    this.#cutting = cutting;
    this.#sink = sink;
    this.#next = firstNumber;
  }

  /** What follows needs this header. */
  useInit(init: number): void {
    this.#endSegment();
    this.#isBreak = this.#hasBegun;
    this.#init = init;
    this.#hasBegun = false;
  }

  /** What follows does not follow on. */
  interrupt(): void {
    if (!this.#hasBegun) return;
    this.#endSegment();
    this.#isBreak = true;
    this.#hasBegun = false;
  }

  add(sample: TimedSample): void {
    if (sample.isBreak) this.interrupt();
    // Decoding begins with a key frame.
    if (!this.#hasBegun && !sample.isKey) return;
    this.#hasBegun = true;
    const { part, segment, longest } = this.#cutting;
    const length = (this.#segment?.duration ?? 0) + this.#length;
    const isFull = sample.isKey && length >= segment;
    if (isFull || length > 0 && length + sample.duration > longest) this.#endSegment();
    else if (this.#length > 0 && this.#length + sample.duration > part) this.#endPart();
    this.#samples.push(sample);
    this.#length += sample.duration;
  }

  /** Ends what has begun. */
  end(): void {
    this.#endSegment();
  }

  #endPart(): void {
    const [first] = this.#samples;
    if (first === undefined) return;
    this.#segment ??= this.#begin(first);
    const { decodeTime } = first;
    const bytes = writeFragment({ sequence: ++this.#sequence, decodeTime, samples: this.#samples });
    this.#segment.parts.push({ bytes, duration: this.#length, isIndependent: first.isKey });
    this.#segment.duration += this.#length;
    this.#segment.bytes += bytes.length;
    this.#samples = [];
    this.#length = 0;
    this.#sink.changed(this.#segment);
  }

  #begin({ decodeTime }: TimedSample): Segment {
    const isBreak = this.#isBreak;
    this.#isBreak = false;
    return {
      number: this.#next++,
      parts: [],
      duration: 0,
      bytes: 0,
      isWhole: false,
      isBreak,
      init: this.#init,
      wall: this.#sink.wallOf(decodeTime),
    };
  }

  #endSegment(): void {
    this.#endPart();
    const segment = this.#segment;
    if (segment === undefined) return;
    this.#segment = undefined;
    segment.isWhole = true;
    this.#sink.changed(segment);
  }
}

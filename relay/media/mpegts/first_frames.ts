import type { FrameDrop } from "../../vocabulary/mod.ts";
import type { MediaFrame, TrackConfig } from "../frame.ts";
import type { MediaSink } from "../ingest/media_sink.ts";
import { MAX_HELD_BYTES, MAX_HELD_STEPS, MAX_HELD_US } from "./limits.ts";

/**
 * Holds the first frames of a program until each of its streams has said what it is: whoever joins
 * meanwhile would take the first stream for the only one. One that says nothing is waited for up to
 * a second of the others.
 */
export class FirstFrames implements MediaSink {
  readonly #sink: MediaSink;
  readonly #awaited = new Set<number>();
  #held: (() => void)[] | undefined = [];
  #bytes = 0;
  #from = Infinity;
  #to = -Infinity;

  constructor(sink: MediaSink) {
    this.#sink = sink;
  }

  /** The program has a stream. */
  expect(track: number): void {
    if (this.#held !== undefined) this.#awaited.add(track);
  }

  /** The program does not have it any more. */
  forget(track: number): void {
    if (this.#awaited.delete(track) && this.#awaited.size === 0) this.release();
  }

  configure(track: number, config: TrackConfig): void {
    this.#pass(() => this.#sink.configure(track, config));
    this.forget(track);
  }

  frame(track: number, frame: MediaFrame): void {
    this.#pass(() => this.#sink.frame(track, frame));
    if (this.#held === undefined) return;
    this.#bytes += frame.data.length;
    this.#from = Math.min(this.#from, frame.timestamp);
    this.#to = Math.max(this.#to, frame.timestamp);
    if (this.#to - this.#from >= MAX_HELD_US || this.#bytes > MAX_HELD_BYTES) this.release();
  }

  lost(track: number, reason: FrameDrop): void {
    this.#pass(() => this.#sink.lost(track, reason));
  }

  /** Passes on what is held: nothing is waited for any more. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const pass of held) pass();
  }

  #pass(step: () => void): void {
    if (this.#held === undefined) return step();
    this.#held.push(step);
    if (this.#held.length > MAX_HELD_STEPS) this.release();
  }
}

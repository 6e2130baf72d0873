import { type Clock, sleep } from "@qumo/shared/runtime";
import type { MediaFrame, TrackConfig } from "../../media/frame.ts";
import type { MediaSink } from "../../media/ingest/media_sink.ts";
import type { FrameDrop } from "../../vocabulary/mod.ts";
import { AHEAD_MS, MAX_WAITING_FRAMES } from "./limits.ts";

interface WaitingFrame {
  readonly track: number;
  readonly frame: MediaFrame;
  /** When it is passed on, in milliseconds of the clock. */
  readonly due: number;
}

/**
 * Passes frames on: at once, or each when its time has come, so that a file is like a camera. A file
 * that is read again goes on where it ended.
 */
export class PacedSink implements MediaSink {
  readonly #sink: MediaSink;
  readonly #clock: Clock;
  readonly #isPaced: boolean;
  // In the order of their time; those of one track in the order in which they came.
  readonly #waiting: WaitingFrame[] = [];
  readonly #lastDue = new Map<number, number>();
  // What is added to timestamps, in microseconds.
  #shift = 0;
  #end = 0;
  // The timestamp of the first frame, and when it came.
  #zero: { readonly timestamp: number; readonly at: number } | undefined;
  #frames = 0;
  #bytes = 0;

  constructor(sink: MediaSink, clock: Clock, isPaced: boolean) {
    this.#sink = sink;
    this.#clock = clock;
    this.#isPaced = isPaced;
  }

  /** Frames that were passed on. */
  get frames(): number {
    return this.#frames;
  }

  get bytes(): number {
    return this.#bytes;
  }

  configure(track: number, config: TrackConfig): void {
    this.#sink.configure(track, config);
  }

  delay(microseconds: number): void {
    // Of a file each frame is passed on by itself.
    if (!this.#isPaced) this.#sink.delay?.(microseconds);
  }

  lost(track: number, reason: FrameDrop): void {
    this.#sink.lost(track, reason);
  }

  frame(track: number, frame: MediaFrame): void {
    const timestamp = frame.timestamp + this.#shift;
    this.#end = Math.max(this.#end, timestamp + (frame.duration ?? 0));
    const shifted = { ...frame, timestamp };
    if (!this.#isPaced) return this.#pass(track, shifted);
    this.#zero ??= { timestamp, at: this.#clock.now() };
    const due = Math.max(
      this.#zero.at + (timestamp - this.#zero.timestamp) / 1_000,
      // Frames stay in the order in which they are decoded.
      this.#lastDue.get(track) ?? 0,
    );
    this.#lastDue.set(track, due);
    const after = this.#waiting.findLastIndex((one) => one.due <= due);
    this.#waiting.splice(after + 1, 0, { track, frame: shifted, due });
  }

  /** What comes is the file again. */
  again(): void {
    this.#shift = this.#end;
  }

  /** Passes on what is due, until more may be read. */
  async caughtUp(signal: AbortSignal): Promise<void> {
    await this.#drain(signal, () => {
      const last = this.#waiting.at(-1)?.due ?? 0;
      return last > this.#clock.now() + AHEAD_MS || this.#waiting.length > MAX_WAITING_FRAMES;
    });
  }

  /** Passes on all that is left, each when it is due. */
  async finished(signal: AbortSignal): Promise<void> {
    await this.#drain(signal, () => this.#waiting.length > 0);
  }

  async #drain(signal: AbortSignal, goesOn: () => boolean): Promise<void> {
    for (;;) {
      const now = this.#clock.now();
      while (this.#waiting.length > 0 && this.#waiting[0]!.due <= now) {
        const { track, frame } = this.#waiting.shift()!;
        this.#pass(track, frame);
      }
      if (signal.aborted || !goesOn()) return;
      await sleep(this.#clock, this.#waiting[0]!.due - now, signal);
    }
  }

  #pass(track: number, frame: MediaFrame): void {
    this.#frames++;
    this.#bytes += frame.data.length;
    this.#sink.frame(track, frame);
  }
}

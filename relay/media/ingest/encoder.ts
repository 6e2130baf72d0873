import type { Clock, Log, Timer } from "@qumo/shared/runtime";
import type { TrackEnd } from "../../track/mod.ts";
import type { EncoderView } from "../../views.ts";
import type { EncoderEnd, FrameDrop } from "../../vocabulary/mod.ts";
import type { MediaFrame, TrackConfig } from "../frame.ts";
import type { PublishedBroadcast } from "./published_broadcast.ts";
import { RecentRate } from "./recent_rate.ts";

/** What an {@linkcode Encoder} works with. */
export interface EncoderParts {
  readonly view: Pick<EncoderView, "id" | "peer" | "protocol" | "path" | "namespace">;
  readonly broadcast: PublishedBroadcast;
  /** Time without a frame after which it has stalled, in milliseconds. */
  readonly idleMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** It has ended; `end` is for its broadcast. */
  readonly onEnded: (encoder: Encoder, how: EncoderEnd, end: TrackEnd) => void;
}

/** One encoder that was let in: what its connection brings goes into its broadcast. */
export class Encoder {
  readonly #parts: EncoderParts;
  readonly #since: number;
  readonly #rate: RecentRate;
  #bytes = 0;
  #lastFrame: number;
  #watch: Timer;
  #close: ((reason: string) => void) | undefined;
  #isOver = false;

  constructor(parts: EncoderParts) {
    this.#parts = parts;
    this.#since = parts.clock.now();
    this.#rate = new RecentRate(parts.clock);
    this.#lastFrame = this.#since;
    this.#watch = this.#watchFrames(parts.idleMs);
  }

  get broadcast(): PublishedBroadcast {
    return this.#parts.broadcast;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get view(): EncoderView {
    const { view, broadcast, clock } = this.#parts;
    return {
      ...view,
      codecs: broadcast.codecs,
      bitsPerSecond: this.#rate.bitsPerSecond,
      bytesReceived: this.#bytes,
      ageMs: clock.now() - this.#since,
    };
  }

  /** Sets what closes its connection, with a reason, when the relay ends it. */
  closesBy(close: (reason: string) => void): void {
    this.#close = close;
    // The relay may have ended it before.
    if (this.#isOver) close("the relay has ended the stream");
  }

  /** See {@linkcode PublishedBroadcast.configure}. */
  configure(track: number, config: TrackConfig): void {
    if (!this.#isOver) this.broadcast.configure(track, config);
  }

  /** See {@linkcode PublishedBroadcast.frame}. */
  frame(track: number, frame: MediaFrame): void {
    if (this.#isOver) return;
    this.#lastFrame = this.#parts.clock.now();
    this.#bytes += frame.data.length;
    this.#rate.add(frame.data.length);
    this.broadcast.frame(track, frame);
  }

  /** See {@linkcode PublishedBroadcast.delay}. */
  delay(microseconds: number): void {
    if (!this.#isOver) this.broadcast.delay(microseconds);
  }

  /** See {@linkcode PublishedBroadcast.lost}. */
  lost(track: number, reason: FrameDrop): void {
    if (!this.#isOver) this.broadcast.lost(track, reason);
  }

  /** Ends it: `how` it came about, and why for people. Only the first end counts. */
  end(how: EncoderEnd, reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#watch.cancel();
    const { log, onEnded } = this.#parts;
    log[CALM.has(how) ? "info" : "warn"]("encoder ended", { how, reason });
    onEnded(this, how, { kind: TRACK_ENDS[how], reason });
    this.#close?.(reason);
  }

  #watchFrames(delay: number): Timer {
    const { clock, idleMs } = this.#parts;
    return clock.after(delay, () => {
      const idle = clock.now() - this.#lastFrame;
      if (idle >= idleMs) return this.end("stalled", `no frame for ${Math.round(idle / 1_000)} s`);
      this.#watch = this.#watchFrames(idleMs - idle);
    });
  }
}

/** Ends that nobody has to look into. */
const CALM: ReadonlySet<EncoderEnd> = new Set(["ended", "drained"]);

const TRACK_ENDS: Record<EncoderEnd, TrackEnd["kind"]> = {
  ended: "ended",
  lost: "lost",
  stalled: "lost",
  malformed: "lost",
  unauthorized: "unauthorized",
  drained: "going_away",
  internal_error: "internal_error",
};

import { type Clock, type Log, trackText } from "@qumo/shared/runtime";
import type { Track } from "../../track/mod.ts";
import { MAX_ONLY_DROPS_MS } from "../limits.ts";
import type { SessionMetrics } from "../metrics.ts";
import type { DropReason } from "../../vocabulary/mod.ts";

/** The interfaces that {@linkcode FeedDrops} uses of its session. */
interface DropsContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: SessionMetrics;
}

/**
 * Counts the dropped objects of one feed by reason, and logs each reason once per track. A feed of
 * which every object has been dropped for too long is given up, so that subscribers do not wait in
 * vain.
 */
export class FeedDrops {
  readonly #context: DropsContext;
  readonly #track: () => Track;
  readonly #giveUp: (reason: string, why: DropReason) => void;
  // Since when every object was dropped.
  #since: number | undefined;

  /** `track` returns the track that the feed delivers to. */
  constructor(
    context: DropsContext,
    track: () => Track,
    giveUp: (reason: string, why: DropReason) => void,
  ) {
    this.#context = context;
    this.#track = track;
    this.#giveUp = giveUp;
  }

  /** Counts a dropped object. */
  readonly note = (reason: DropReason): void => {
    const { clock, log, metrics } = this.#context;
    metrics.droppedObjects[reason]++;
    const track = this.#track();
    if (track.loggedDrops.isFirst(reason)) {
      log.warn("objects dropped", { track: trackText(track.name), reason });
    }
    const now = clock.now();
    this.#since ??= now;
    if (now - this.#since < MAX_ONLY_DROPS_MS) return;
    this.#since = undefined;
    this.#giveUp(`every object was dropped for ${MAX_ONLY_DROPS_MS / 1_000} s: ${reason}`, reason);
  };

  /** Notes an object that was stored, or a duplicate. */
  kept(): void {
    this.#since = undefined;
  }
}

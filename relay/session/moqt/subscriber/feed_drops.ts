import type { Clock, Log } from "@qumo/shared/runtime";
import type { Track } from "../../../track/mod.ts";
import { MAX_ONLY_DROPS_MS } from "../../limits.ts";
import type { SessionMetrics } from "../../metrics.ts";
import { nameFields } from "../requests/refuse.ts";
import type { DropReason } from "../../../vocabulary.ts";

/** What {@linkcode FeedDrops} adds to and asks. */
interface DropsContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: SessionMetrics;
}

/**
 * The objects of one feed that are thrown away: all are counted by reason, the log names the track
 * once for each, and a feed of which nothing is kept for long is given up, so that nobody waits for
 * a track of which nothing can come.
 */
export class FeedDrops {
  readonly #context: DropsContext;
  readonly #track: () => Track;
  readonly #giveUp: (reason: string, why: DropReason) => void;
  // Since when nothing was kept.
  #since: number | undefined;

  /** `track` is where the feed delivers to now. */
  constructor(
    context: DropsContext,
    track: () => Track,
    giveUp: (reason: string, why: DropReason) => void,
  ) {
    this.#context = context;
    this.#track = track;
    this.#giveUp = giveUp;
  }

  /** An object was thrown away. */
  readonly note = (reason: DropReason): void => {
    const { clock, log, metrics } = this.#context;
    metrics.droppedObjects[reason]++;
    const track = this.#track();
    if (track.toldDrops.isFirst(reason)) {
      log.warn("objects dropped", { ...nameFields(track.name), reason });
    }
    const now = clock.now();
    this.#since ??= now;
    if (now - this.#since < MAX_ONLY_DROPS_MS) return;
    this.#since = undefined;
    this.#giveUp(`every object was dropped for ${MAX_ONLY_DROPS_MS / 1_000} s: ${reason}`, reason);
  };

  /** An object was kept, or was there already. */
  kept(): void {
    this.#since = undefined;
  }
}

import type { Clock, Timer } from "@qumo/shared/runtime";
import type { TrackEntry } from "./feeds.ts";
import { REDUNDANT_SILENCE_MS } from "./limits.ts";
import type { Publisher } from "./publisher.ts";

/**
 * Tracks whose publisher here may be dead, of which nobody is told before its session times out: where
 * a namespace was announced elsewhere later than here, and nothing comes from here, those who announced
 * it there are asked too.
 */
export class Successors {
  readonly #clock: Clock;
  readonly #laterElsewhere: (entry: TrackEntry) => readonly Publisher[];
  readonly #watched = new Map<TrackEntry, Timer>();

  /** `laterElsewhere` says who elsewhere announced a track later than everybody here. */
  constructor(clock: Clock, laterElsewhere: (entry: TrackEntry) => readonly Publisher[]) {
    this.#clock = clock;
    this.#laterElsewhere = laterElsewhere;
  }

  /** Somebody wants a track, or it was announced elsewhere. */
  watch(entry: TrackEntry): void {
    if (this.#watched.has(entry)) return;
    this.#check(entry, this.#clock.now());
  }

  /** Nobody wants the track any more, or it is over. */
  forget(entry: TrackEntry): void {
    this.#watched.get(entry)?.cancel();
    this.#watched.delete(entry);
  }

  #check(entry: TrackEntry, since: number): void {
    this.#watched.delete(entry);
    const { track, feeds } = entry;
    const later = this.#laterElsewhere(entry).filter((one) => !feeds.has(one));
    if (later.length === 0 || feeds.size === 0 || feeds.demand === 0) return;
    const silence = this.#clock.now() - (track.lastArrival ?? since);
    if (silence >= REDUNDANT_SILENCE_MS) return void feeds.connect(later);
    const again = () => this.#check(entry, since);
    this.#watched.set(entry, this.#clock.after(REDUNDANT_SILENCE_MS - silence, again));
  }
}

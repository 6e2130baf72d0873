import type { Clock, Timer } from "@qumo/shared/runtime";
import type { TrackEntry } from "./feeds.ts";
import { REDUNDANT_SILENCE_MS } from "../limits.ts";
import type { Publisher } from "./publisher.ts";

/**
 * Tracks whose publisher here may be dead, or may never have had them: where a namespace is announced
 * elsewhere too, and nothing comes from here, those who announced it there are asked too, whoever came
 * first.
 */
export class Successors {
  readonly #clock: Clock;
  readonly #elsewhere: (entry: TrackEntry) => readonly Publisher[];
  readonly #watched = new Map<TrackEntry, Timer>();

  /** `elsewhere` says who elsewhere may have a track that somebody here should have. */
  constructor(clock: Clock, elsewhere: (entry: TrackEntry) => readonly Publisher[]) {
    this.#clock = clock;
    this.#elsewhere = elsewhere;
  }

  /** Somebody wants a track, it was announced elsewhere, or one who delivered it left. */
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
    const others = this.#elsewhere(entry).filter((one) => !feeds.has(one));
    feeds.reviewNeed();
    const isWatched = others.length > 0 || feeds.isUndecided;
    if (!isWatched || feeds.size === 0 || feeds.demand === 0) return;
    const silence = this.#clock.now() - (track.lastArrival ?? since);
    if (silence >= REDUNDANT_SILENCE_MS && others.length > 0) void feeds.connect(others);
    if (silence >= REDUNDANT_SILENCE_MS && !feeds.isUndecided) return;
    const wait = silence < REDUNDANT_SILENCE_MS
      ? REDUNDANT_SILENCE_MS - silence
      : REDUNDANT_SILENCE_MS;
    this.#watched.set(entry, this.#clock.after(wait, () => this.#check(entry, since)));
  }
}

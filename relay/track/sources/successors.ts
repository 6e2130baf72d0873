import type { Clock, Timer } from "@qumo/shared/runtime";
import type { TrackEntry } from "./track_entry.ts";
import { REDUNDANT_SILENCE_MS } from "../limits.ts";
import type { Publisher } from "./publisher.ts";

/**
 * Watches tracks whose local publisher may be dead, or may not have them: while it is silent, the
 * track is requested from the remote publishers of its namespace too.
 */
export class Successors {
  readonly #clock: Clock;
  readonly #remote: (entry: TrackEntry) => readonly Publisher[];
  readonly #watched = new Map<TrackEntry, Timer>();

  /** `remote` returns the remote publishers that may have a track with a local publisher. */
  constructor(clock: Clock, remote: (entry: TrackEntry) => readonly Publisher[]) {
    this.#clock = clock;
    this.#remote = remote;
  }

  /** A track got a subscriber or a remote publisher, or lost a publisher: starts watching it. */
  watch(entry: TrackEntry): void {
    if (this.#watched.has(entry)) return;
    this.#check(entry, this.#clock.now());
  }

  /** The track has no subscriber any more, or has ended. */
  forget(entry: TrackEntry): void {
    this.#watched.get(entry)?.cancel();
    this.#watched.delete(entry);
  }

  #check(entry: TrackEntry, since: number): void {
    this.#watched.delete(entry);
    const { track, feeds } = entry;
    const others = this.#remote(entry).filter((one) => !feeds.has(one));
    feeds.need.review();
    const isWatched = others.length > 0 || feeds.need.isUndecided;
    if (!isWatched || feeds.size === 0 || feeds.demand === 0) return;
    const silence = this.#clock.now() - (track.lastArrival ?? since);
    if (silence >= REDUNDANT_SILENCE_MS && others.length > 0) void feeds.connect(others);
    if (silence >= REDUNDANT_SILENCE_MS && !feeds.need.isUndecided) return;
    const wait = silence < REDUNDANT_SILENCE_MS
      ? REDUNDANT_SILENCE_MS - silence
      : REDUNDANT_SILENCE_MS;
    this.#watched.set(entry, this.#clock.after(wait, () => this.#check(entry, since)));
  }
}

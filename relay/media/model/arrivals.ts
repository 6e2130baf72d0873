import type { LogReader, SubgroupLog, Track, TrackEnd, TrackReader } from "../../track/mod.ts";

/** Calls once in a turn of the event loop when something of a track has arrived, or it has ended. */
export class Arrivals implements TrackReader, LogReader {
  readonly #track: Track;
  readonly #tell: () => void;
  readonly #logs = new Set<SubgroupLog>();
  #isTelling = false;
  #isOver = false;

  constructor(track: Track, tell: () => void) {
    this.#track = track;
    this.#tell = tell;
    track.follow(this);
    const newest = track.largest?.group;
    for (const group of newest === undefined ? [] : track.groupsBetween(newest, newest)) {
      for (const log of group.logs) this.#follow(log);
    }
    this.wake();
  }

  /** Calls no more. */
  close(): void {
    this.#isOver = true;
    this.#track.unfollow(this);
    for (const log of this.#logs) log.unfollow(this);
    this.#logs.clear();
  }

  subgroup(log: SubgroupLog): void {
    this.#follow(log);
    this.wake();
  }

  datagram(): void {
    this.wake();
  }

  ended(_end: TrackEnd): void {
    this.wake();
  }

  evicted(): void {
    this.wake();
  }

  wake(): void {
    if (this.#isTelling || this.#isOver) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      if (this.#isOver) return;
      // A log that has ended wakes nobody any more.
      for (const log of this.#logs) if (log.state !== "open") this.#unfollow(log);
      this.#tell();
    });
  }

  #follow(log: SubgroupLog): void {
    if (this.#isOver || log.state !== "open") return;
    this.#logs.add(log);
    log.follow(this);
  }

  #unfollow(log: SubgroupLog): void {
    this.#logs.delete(log);
    log.unfollow(this);
  }
}

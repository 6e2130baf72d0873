import type { Clock, Timer } from "@qumo/shared/runtime";
import { SessionError } from "../errors.ts";
import { MAX_RETIRED_ALIASES, UNKNOWN_ALIAS_MS } from "../limits.ts";

/** A track with an alias of the peer. */
export interface AliasedTrack {
  /** Its streams, with the number stopped because their group was over. */
  readonly streams: { readonly stopped: number };
}

/** The tracks of a peer by alias (#track-alias). */
export class TrackAliases<T extends AliasedTrack> {
  readonly #clock: Clock;
  readonly #feeds = new Map<bigint, T>();
  readonly #retired = new Set<bigint>();
  readonly #waiting = new Map<bigint, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The number of tracks. */
  get size(): number {
    return this.#feeds.size;
  }

  /** The track with the most streams stopped because their group was over. */
  mostStopped(): T | undefined {
    let most: T | undefined;
    for (const feed of this.#feeds.values()) {
      if (most === undefined || feed.streams.stopped > most.streams.stopped) most = feed;
    }
    return most;
  }

  /** Assigns `alias` to a track. */
  add(alias: bigint, feed: T): void {
    const known = this.#feeds.get(alias);
    if (known !== undefined && known !== feed) {
      throw new SessionError(
        "duplicate_track_alias",
        `Track alias ${alias} is in use for another track`,
      );
    }
    this.#feeds.set(alias, feed);
    this.#retired.delete(alias);
  }

  /** Resumes what waited for this alias. */
  wake(alias: bigint): void {
    const waiting = this.#waiting.get(alias);
    this.#waiting.delete(alias);
    for (const wake of waiting ?? []) wake();
  }

  /** Removes an alias whose subscription ended: later data is dropped. */
  retire(alias: bigint, feed: T): void {
    if (this.#feeds.get(alias) !== feed) return;
    this.#feeds.delete(alias);
    this.#retired.add(alias);
    if (this.#retired.size > MAX_RETIRED_ALIASES) {
      const [oldest] = this.#retired;
      this.#retired.delete(oldest!);
    }
  }

  /** The track of an alias; undefined if it is unknown. */
  get(alias: bigint): T | undefined {
    return this.#feeds.get(alias);
  }

  /** Whether an alias belonged to a subscription that has ended. */
  isRetired(alias: bigint): boolean {
    return this.#retired.has(alias);
  }

  /**
   * The track of an alias. Objects may overtake the message that establishes the alias, so an
   * unknown alias is awaited for a limited time.
   */
  async find(alias: bigint): Promise<T | undefined> {
    const known = this.#feeds.get(alias);
    if (known !== undefined || this.#retired.has(alias)) return known;
    await new Promise<void>((resolve) => {
      const timer: Timer = this.#clock.after(UNKNOWN_ALIAS_MS, () => {
        this.#forget(alias, wake);
        resolve();
      });
      const wake = () => {
        timer.cancel();
        resolve();
      };
      const waiting = this.#waiting.get(alias) ?? new Set();
      this.#waiting.set(alias, waiting.add(wake));
    });
    return this.#feeds.get(alias);
  }

  /** Ends all waits; called when the session ends. */
  close(): void {
    for (const waiting of this.#waiting.values()) {
      for (const wake of waiting) wake();
    }
    this.#waiting.clear();
    this.#feeds.clear();
  }

  #forget(alias: bigint, wake: () => void): void {
    const waiting = this.#waiting.get(alias);
    waiting?.delete(wake);
    if (waiting?.size === 0) this.#waiting.delete(alias);
  }
}

import type { Clock, Timer } from "@qumo/shared/runtime";
import { SessionError } from "../../errors.ts";
import { MAX_RETIRED_ALIASES, UNKNOWN_ALIAS_MS } from "../../limits.ts";

/** A track that a peer sends us. */
export interface AliasedTrack {
  /** Its streams, and how many of them were stopped because their group was over. */
  readonly streams: { readonly stopped: number };
}

/** The tracks that a peer sends us, by the aliases it gave them (#track-alias). */
export class TrackAliases<T extends AliasedTrack> {
  readonly #clock: Clock;
  readonly #feeds = new Map<bigint, T>();
  readonly #retired = new Set<bigint>();
  readonly #waiting = new Map<bigint, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many tracks the peer sends. */
  get size(): number {
    return this.#feeds.size;
  }

  /** The track of which most streams were stopped because their group was over. */
  mostStopped(): T | undefined {
    let most: T | undefined;
    for (const feed of this.#feeds.values()) {
      if (most === undefined || feed.streams.stopped > most.streams.stopped) most = feed;
    }
    return most;
  }

  /** From now on `alias` means this track. */
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

  /** What waited for this alias goes on. */
  wake(alias: bigint): void {
    const waiting = this.#waiting.get(alias);
    this.#waiting.delete(alias);
    for (const wake of waiting ?? []) wake();
  }

  /** The subscription ended: what still comes for it is thrown away. */
  retire(alias: bigint, feed: T): void {
    if (this.#feeds.get(alias) !== feed) return;
    this.#feeds.delete(alias);
    this.#retired.add(alias);
    if (this.#retired.size > MAX_RETIRED_ALIASES) {
      const [oldest] = this.#retired;
      this.#retired.delete(oldest!);
    }
  }

  /** The track of an alias, if it is known now. */
  get(alias: bigint): T | undefined {
    return this.#feeds.get(alias);
  }

  /** Whether an alias belonged to a subscription that ended. */
  isRetired(alias: bigint): boolean {
    return this.#retired.has(alias);
  }

  /**
   * The track of an alias. Objects may overtake the message that names their track, so an unknown
   * alias is waited for, not for long.
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

  /** The session ended: nobody waits any more. */
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

import type { Track } from "../objects/track.ts";
import type { FeedSet } from "./feed_set.ts";

/**
 * Decides whether the feeds from other relays are needed: they are not while a local publisher
 * delivers the track.
 */
export class RemoteNeed {
  readonly #feeds: FeedSet;
  readonly #track: Track;
  #isNeeded = true;

  constructor(feeds: FeedSet, track: Track) {
    this.#feeds = feeds;
    this.#track = track;
  }

  /** Whether remote feeds are needed only until a local publisher has sent an object. */
  get isUndecided(): boolean {
    const feeds = this.#feeds.all();
    return this.#isNeeded && feeds.some(({ path }) => path === undefined) &&
      feeds.some(({ path }) => path !== undefined);
  }

  /** Releases remote feeds if there is a local publisher, unless only they have sent objects. */
  review(): void {
    if (!this.#feeds.hasLocal) return;
    const { sources } = this.#track;
    const delivering = [...this.#feeds.flowing()]
      .filter(({ source }) => source !== undefined && sources.has(source));
    const isLocalSilent = delivering.every(({ path }) => path !== undefined);
    if (delivering.length === 0 || !isLocalSilent) this.#set(false);
  }

  /** A local feed ended: without another one, the remote feeds are needed again. */
  localEnded(): void {
    if (!this.#feeds.hasLocal) this.#set(true);
  }

  #set(isNeeded: boolean): void {
    this.#isNeeded = isNeeded;
    for (const feed of this.#feeds.all()) feed.setNeeded?.(isNeeded);
  }
}

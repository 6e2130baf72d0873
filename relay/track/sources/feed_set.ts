import type { Feed } from "./feed.ts";
import type { Publisher } from "./publisher.ts";

/** How a feed stands. */
export interface FeedState {
  /** Whose it is. */
  readonly publisher: Publisher;
  isEstablished: boolean;
  /** What the publisher was told of forwarding, and what it should be told. */
  forward: boolean;
  wanted: boolean;
}

/** The feeds of one track, and how each of them stands. */
export class FeedSet {
  readonly #feeds = new Map<Feed, FeedState>();

  get size(): number {
    return this.#feeds.size;
  }

  /** All of them, to go through while some come or leave. */
  all(): Feed[] {
    return [...this.#feeds.keys()];
  }

  /** Those whose publishers agreed. */
  established(): Feed[] {
    return this.all().filter((feed) => this.#feeds.get(feed)!.isEstablished);
  }

  /** Those by which objects come, or would come if somebody wanted them. */
  *flowing(): Generator<Feed> {
    for (const [feed, { isEstablished }] of this.#feeds) {
      if (isEstablished && !feed.isInterrupted) yield feed;
    }
  }

  /** A publisher was asked, and this feed is its answer. */
  ask(publisher: Publisher, feed: Feed): void {
    this.#feeds.set(feed, { publisher, isEstablished: false, forward: true, wanted: true });
  }

  /** A publisher offered the track, and was told whether objects are wanted now. */
  offer(publisher: Publisher, feed: Feed, forward: boolean): void {
    this.#feeds.set(feed, { publisher, isEstablished: true, forward, wanted: forward });
  }

  /** A feed goes on here that was elsewhere, as it stood there. */
  adopt(feed: Feed, state: FeedState): void {
    this.#feeds.set(feed, state);
  }

  /** How a feed stands that is here. */
  state(feed: Feed): FeedState {
    return this.#feeds.get(feed)!;
  }

  has(feed: Feed): boolean {
    return this.#feeds.has(feed);
  }

  /** A publisher that was asked agreed. */
  establish(feed: Feed): void {
    const state = this.#feeds.get(feed)!;
    state.isEstablished = true;
    tellForward(feed, state);
  }

  /** Takes a feed out. Returns how it stood, for one that was here. */
  remove(feed: Feed): FeedState | undefined {
    const state = this.#feeds.get(feed);
    this.#feeds.delete(feed);
    return state;
  }

  /** Tells those who have not heard it whether objects are wanted. */
  setForward(forward: boolean): void {
    for (const [feed, state] of this.#feeds) {
      state.wanted = forward;
      tellForward(feed, state);
    }
  }

  /** The feed of a publisher. */
  of(publisher: Publisher): Feed | undefined {
    for (const [feed, state] of this.#feeds) if (state.publisher === publisher) return feed;
    return undefined;
  }

  /** The publishers of some that are here, in the same order. */
  publishersOf(feeds: readonly Feed[]): Publisher[] {
    return feeds.map((feed) => this.#feeds.get(feed)!.publisher);
  }

  /** Relays that the track comes by on the shortest path; none when a publisher is here. */
  get path(): readonly string[] {
    let shortest: readonly string[] | undefined;
    for (const { path = [] } of this.flowing()) {
      if (shortest === undefined || path.length < shortest.length) shortest = path;
    }
    return shortest ?? [];
  }

  /** Whether the track comes by one of these relays, by whichever feed. */
  comesBy(relays: readonly string[]): boolean {
    const paths = [...this.flowing()].map(({ path = [] }) => path);
    return paths.length > 0 &&
      paths.every((path) => path.some((relay) => relays.includes(relay)));
  }

  /** Whether a publisher here delivers the track. */
  get isHere(): boolean {
    for (const { path } of this.flowing()) if (path === undefined) return true;
    return false;
  }

  /** Whether a publisher here offers the track. */
  get isOfferedHere(): boolean {
    return this.all().some(({ offered, path }) => offered && path === undefined);
  }
}

/** A publisher that has not answered yet cannot be told of changes; it is told when it has. */
function tellForward(feed: Feed, state: FeedState): void {
  if (!state.isEstablished || state.forward === state.wanted) return;
  state.forward = state.wanted;
  feed.update({ forward: state.wanted });
}

import type { Feed } from "./feed.ts";
import type { Publisher } from "./publisher.ts";
import type { Refusal } from "../errors.ts";
import type { Source, Sources } from "../objects/source.ts";

/** The state of a feed in its {@linkcode FeedSet}. */
export interface FeedState {
  readonly publisher: Publisher;
  isEstablished: boolean;
  /** The forward state that the publisher received last. */
  forward: boolean;
  /** The forward state that it should have. */
  wanted: boolean;
}

/** Called when a publisher begins to deliver a track here, and when it does no more. */
export type CarriedListener = (publisher: Publisher, isCarried: boolean) => void;

/** The feeds of one track with their states. */
export class FeedSet {
  readonly #feeds = new Map<Feed, FeedState>();
  readonly #onOffered: (isOffered: boolean) => void;
  readonly #onCarried: CarriedListener;
  readonly #carried = new Set<Feed>();
  #isOffered = false;

  /**
   * `onOffered` is called when local publishers start to offer the track, and when none does any
   * more.
   */
  constructor(onOffered: (isOffered: boolean) => void, onCarried: CarriedListener) {
    this.#onOffered = onOffered;
    this.#onCarried = onCarried;
  }

  get size(): number {
    return this.#feeds.size;
  }

  /** A copy of all feeds, for iteration while feeds are added or removed. */
  all(): Feed[] {
    return [...this.#feeds.keys()];
  }

  /** The feeds whose publishers have accepted. */
  established(): Feed[] {
    return this.all().filter((feed) => this.#feeds.get(feed)!.isEstablished);
  }

  /** The feeds that deliver objects, or would if they were requested. */
  *flowing(): Generator<Feed> {
    for (const [feed, { isEstablished }] of this.#feeds) {
      if (isEstablished && !feed.isInterrupted) yield feed;
    }
  }

  /** Adds the feed of a publisher that has been requested to deliver the track. */
  ask(publisher: Publisher, feed: Feed): void {
    this.#add(feed, { publisher, isEstablished: false, forward: true, wanted: true });
  }

  /** Adds the feed of a publisher that offered the track and received this forward state. */
  offer(publisher: Publisher, feed: Feed, forward: boolean): void {
    this.#add(feed, { publisher, isEstablished: true, forward, wanted: forward });
  }

  /** Adds a feed of another set with its state. */
  adopt(feed: Feed, state: FeedState): void {
    this.#add(feed, state);
  }

  /** The state of a feed of this set. */
  state(feed: Feed): FeedState {
    return this.#feeds.get(feed)!;
  }

  has(feed: Feed): boolean {
    return this.#feeds.has(feed);
  }

  /** The publisher of a feed has accepted. */
  establish(feed: Feed): void {
    const state = this.#feeds.get(feed)!;
    state.isEstablished = true;
    sendForward(feed, state);
    this.#reviewCarried(feed, state);
  }

  /** Removes a feed. Returns its state; undefined when it was not in the set. */
  remove(feed: Feed): FeedState | undefined {
    const state = this.#feeds.get(feed);
    this.#feeds.delete(feed);
    this.#reviewOffers();
    if (state !== undefined) this.#reviewCarried(feed, state);
    return state;
  }

  /** Updates the forward state of the publishers. */
  setForward(forward: boolean): void {
    for (const [feed, state] of this.#feeds) {
      state.wanted = forward;
      sendForward(feed, state);
      this.#reviewCarried(feed, state);
    }
  }

  /** The feed of a publisher. */
  of(publisher: Publisher): Feed | undefined {
    for (const [feed, state] of this.#feeds) if (state.publisher === publisher) return feed;
    return undefined;
  }

  /** The publishers of some feeds of this set, in the same order. */
  publishersOf(feeds: readonly Feed[]): Publisher[] {
    return feeds.map((feed) => this.#feeds.get(feed)!.publisher);
  }

  /** The relays on the shortest path of the track; empty when a local publisher delivers it. */
  get path(): readonly string[] {
    let shortest: readonly string[] | undefined;
    for (const { path = [] } of this.flowing()) {
      if (shortest === undefined || path.length < shortest.length) shortest = path;
    }
    return shortest ?? [];
  }

  /** Whether every path of the track contains one of these relays. */
  comesBy(relays: readonly string[]): boolean {
    const paths = [...this.flowing()].map(({ path = [] }) => path);
    return paths.length > 0 &&
      paths.every((path) => path.some((relay) => relays.includes(relay)));
  }

  /** Whether a local publisher delivers the track. */
  get hasLocal(): boolean {
    for (const { path } of this.flowing()) if (path === undefined) return true;
    return false;
  }

  /** The refusal when only unreachable relays have the track; undefined otherwise. */
  get outOfReach(): Refusal | undefined {
    const feeds = this.all();
    return feeds.every(({ outOfReach }) => outOfReach !== undefined)
      ? feeds[0]?.outOfReach
      : undefined;
  }

  /** The source of the objects: one that has delivered some, or else the first. */
  sourceIn(sources: Sources): Source | undefined {
    let first: Source | undefined;
    for (const { source } of this.flowing()) {
      if (source === undefined) continue;
      if (sources.has(source)) return source;
      first ??= source;
    }
    return first;
  }

  #add(feed: Feed, state: FeedState): void {
    this.#feeds.set(feed, state);
    this.#reviewOffers();
    this.#reviewCarried(feed, state);
  }

  #reviewCarried(feed: Feed, { publisher, isEstablished, wanted }: FeedState): void {
    const isCarried = this.#feeds.has(feed) && isEstablished && wanted;
    if (isCarried === this.#carried.has(feed)) return;
    if (isCarried) this.#carried.add(feed);
    else this.#carried.delete(feed);
    this.#onCarried(publisher, isCarried);
  }

  #reviewOffers(): void {
    const isOffered = this.all().some(({ offered, path }) => offered && path === undefined);
    if (isOffered === this.#isOffered) return;
    this.#isOffered = isOffered;
    this.#onOffered(isOffered);
  }
}

/** Sends a changed forward state, once the publisher has accepted. */
function sendForward(feed: Feed, state: FeedState): void {
  if (!state.isEstablished || state.forward === state.wanted) return;
  state.forward = state.wanted;
  feed.update({ forward: state.wanted });
}

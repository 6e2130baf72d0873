import { type Clock, done, type Outcome, refused, type Timer } from "@qumo/shared/runtime";
import type { Refusal, TrackEnd } from "./errors.ts";
import type { Publisher } from "./publisher.ts";
import type { Track } from "./track.ts";

/** What a subscription upstream can be asked to change. */
export interface FeedChange {
  readonly forward?: boolean;
  readonly newGroupRequest?: bigint;
}

/** One publisher's delivery of one track. */
export interface Feed {
  readonly publisher: Publisher;
  /** Whether the publisher offered the track itself: then it is paused, not ended, while nobody wants it. */
  readonly offered: boolean;
  /** Resolves once the publisher agreed or refused; never rejects. */
  readonly established: Promise<Outcome<void, Refusal>>;
  update(change: FeedChange): void;
  /** Nobody wants the track any more. */
  cancel(): void;
}

/** A subscriber's hold on a track: as long as there is one, the track is kept flowing. */
export interface Demand {
  /** Whether the subscriber wants objects now, or only to be ready for them. */
  setForward(forward: boolean): void;
  release(): void;
}

/** A track and where it comes from. */
export interface TrackEntry {
  readonly track: Track;
  readonly feeds: Feeds;
}

/** Settings of {@linkcode Feeds}. */
export interface FeedsOptions {
  readonly clock: Clock;
  /** Milliseconds that a track is kept flowing after the last subscriber left. */
  readonly linger: number;
  /** The track is over, or nobody wants it and nobody offers it. */
  readonly onGone: () => void;
}

/** How a feed stands. */
interface FeedState {
  isEstablished: boolean;
  /** What the publisher was told of forwarding, and what it should be told. */
  forward: boolean;
  wanted: boolean;
}

/**
 * Where a track comes from: one subscription for each publisher that has it, however many subscribers
 * there are (#subscriber-interactions).
 */
export class Feeds {
  readonly #track: Track;
  readonly #options: FeedsOptions;
  readonly #feeds = new Map<Feed, FeedState>();
  readonly #demands = new Map<Demand, boolean>();
  // Those who wait for the first publisher that agrees.
  readonly #waiting: ((outcome: Outcome<void, Refusal>) => void)[] = [];
  #refusal: Refusal | undefined;
  #newGroup: { readonly value: bigint; largest: bigint | undefined } | undefined;
  #lingering: Timer | undefined;
  // How the last of those ended who delivered the track.
  #lastEnd: TrackEnd | undefined;
  #isOver = false;

  constructor(track: Track, options: FeedsOptions) {
    this.#track = track;
    this.#options = options;
  }

  /** Whether objects come, or would come if somebody wanted them. */
  get established(): boolean {
    for (const { isEstablished } of this.#feeds.values()) if (isEstablished) return true;
    return false;
  }

  /** How many publishers deliver the track or were asked to. */
  get size(): number {
    return this.#feeds.size;
  }

  /** Whether this publisher already delivers the track, or was asked to. */
  has(publisher: Publisher): boolean {
    for (const feed of this.#feeds.keys()) if (feed.publisher === publisher) return true;
    return false;
  }

  /** Publishers that deliver the track. */
  get publishers(): Publisher[] {
    return [...this.#feeds].filter(([, { isEstablished }]) => isEstablished).map(([feed]) =>
      feed.publisher
    );
  }

  /** Publishers that offered the track themselves. */
  get offering(): Publisher[] {
    return [...this.#feeds.keys()].filter((feed) => feed.offered).map((feed) => feed.publisher);
  }

  /** Subscribers that hold the track. */
  get demand(): number {
    return this.#demands.size;
  }

  /** Whether objects are wanted now. */
  get forward(): boolean {
    for (const forward of this.#demands.values()) if (forward) return true;
    return false;
  }

  /** A subscriber came. */
  hold(forward: boolean): Demand {
    const demand: Demand = {
      setForward: (forward) => {
        if (!this.#demands.has(demand) || this.#demands.get(demand) === forward) return;
        this.#demands.set(demand, forward);
        this.#updateForward();
      },
      release: () => {
        if (this.#demands.delete(demand)) this.#released();
      },
    };
    this.#demands.set(demand, forward);
    const wasLingering = this.#lingering !== undefined;
    this.#stopLingering();
    // One that wants nothing now changes nothing for those who are here.
    if (forward || wasLingering) this.#updateForward();
    return demand;
  }

  /**
   * Asks every one of these publishers that does not deliver the track yet. Resolves with the first
   * that agrees, whoever asked it, or when all have refused with the first refusal; never rejects.
   */
  async connect(
    publishers: readonly Publisher[],
    newGroupRequest?: bigint,
  ): Promise<Outcome<void, Refusal>> {
    if (this.#isOver) return refused(NOBODY);
    const asked = publishers.filter((publisher) => !this.has(publisher));
    for (const publisher of asked) this.#subscribe(publisher, newGroupRequest);
    const outcome = await this.#agreement();
    // Those who were asked before did not hear of it.
    if (outcome.ok && newGroupRequest !== undefined && asked.length === 0) {
      this.requestNewGroup(newGroupRequest);
    }
    return outcome;
  }

  /** A publisher offered the track itself, and was told {@linkcode Feeds.forward} in the answer. */
  offer(feed: Feed): void {
    const { forward } = this;
    this.#feeds.set(feed, { isEstablished: true, forward, wanted: forward });
    this.#settle(done(undefined));
  }

  /** A feed ended, whoever ended it; with the last of them the track is over. */
  ended(feed: Feed, end: TrackEnd): void {
    const state = this.#feeds.get(feed);
    // A feed that came to nothing may leave an entry behind that nobody uses.
    if (state === undefined && this.#demands.size > 0) return;
    this.#feeds.delete(feed);
    if (this.#feeds.size === 0) return this.#gone(end);
    if (state?.isEstablished) this.#lastEnd = end;
  }

  /** Another publisher took the name, or what came cannot be this track: all feeds end at once. */
  abort(end: TrackEnd): void {
    const feeds = [...this.#feeds.keys()];
    this.#feeds.clear();
    for (const feed of feeds) feed.cancel();
    this.#gone(end);
  }

  /** A subscriber wants the publisher to begin a group (#new-group-request). */
  requestNewGroup(value: bigint): void {
    const largest = this.#track.largest?.group;
    if (!this.#track.properties.dynamicGroups || !this.established) return;
    if (value !== 0n && largest !== undefined && value <= largest) return;
    const outstanding = this.#newGroup?.largest === largest ? this.#newGroup : undefined;
    if (outstanding !== undefined && outstanding.value >= value) return;
    this.#newGroup = { value, largest };
    for (const [feed, { isEstablished }] of this.#feeds) {
      if (isEstablished) feed.update({ newGroupRequest: value });
    }
  }

  #subscribe(publisher: Publisher, newGroupRequest?: bigint): void {
    const entry = { track: this.#track, feeds: this };
    const feed = publisher.subscribe(entry, newGroupRequest);
    this.#feeds.set(feed, { isEstablished: false, forward: true, wanted: true });
    if (newGroupRequest !== undefined) {
      this.#newGroup = { value: newGroupRequest, largest: this.#track.largest?.group };
    }
    void feed.established.then((outcome) => this.#answered(feed, outcome));
  }

  /** The first publisher that agrees; when none does, the first refusal. */
  async #agreement(): Promise<Outcome<void, Refusal>> {
    if (this.established) return done(undefined);
    if (this.#feeds.size === 0) return refused(NOBODY);
    return await new Promise((resolve) => this.#waiting.push(resolve));
  }

  #answered(feed: Feed, outcome: Outcome<void, Refusal>): void {
    const state = this.#feeds.get(feed);
    if (state === undefined) return;
    if (outcome.ok) {
      state.isEstablished = true;
      // What the publisher says it has published is no answer to a request for something new.
      if (this.#newGroup !== undefined) this.#newGroup.largest ??= this.#track.largest?.group;
      this.#tellForward(feed, state);
      return this.#settle(outcome);
    }
    this.#refusal ??= outcome.refusal;
    this.#feeds.delete(feed);
    if (this.#feeds.size > 0) return;
    if (this.#lastEnd !== undefined) this.#gone(this.#lastEnd);
    else this.#settle(refused(this.#refusal));
  }

  #settle(outcome: Outcome<void, Refusal>): void {
    this.#refusal = undefined;
    for (const resolve of this.#waiting.splice(0)) resolve(outcome);
  }

  #released(): void {
    if (this.#demands.size > 0) return this.#updateForward();
    if (this.#isOver) return;
    this.#lingering ??= this.#options.clock.after(this.#options.linger, () => this.#rest());
  }

  /** Nobody wants the track: what was asked for is cancelled, what was offered is paused. */
  #rest(): void {
    this.#lingering = undefined;
    for (const feed of [...this.#feeds.keys()]) {
      if (feed.offered) continue;
      this.#feeds.delete(feed);
      feed.cancel();
    }
    this.#updateForward();
    if (this.#feeds.size === 0) this.#gone({ kind: "ended", reason: "nobody watches" });
  }

  #updateForward(): void {
    const { forward } = this;
    for (const [feed, state] of this.#feeds) {
      state.wanted = forward;
      this.#tellForward(feed, state);
    }
  }

  /** A publisher that has not answered yet cannot be told of changes; it is told when it has. */
  #tellForward(feed: Feed, state: FeedState): void {
    if (!state.isEstablished || state.forward === state.wanted) return;
    state.forward = state.wanted;
    feed.update({ forward: state.wanted });
  }

  #stopLingering(): void {
    this.#lingering?.cancel();
    this.#lingering = undefined;
  }

  #gone(end: TrackEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopLingering();
    this.#options.onGone();
    const kind = end.kind === "malformed" ? "malformed_track" : "does_not_exist";
    this.#settle(refused({ kind, reason: end.reason }));
    this.#track.finish(end);
  }
}

const NOBODY: Refusal = { kind: "does_not_exist", reason: "nobody publishes the track" };

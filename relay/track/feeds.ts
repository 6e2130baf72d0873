import { type Clock, done, type Outcome, refused, type Timer } from "@qumo/shared/runtime";
import type { Location } from "@qumo/shared/wire";
import type { Refusal, TrackEnd } from "./errors.ts";
import type { Publisher, RequestOptions } from "./publisher.ts";
import type { Track } from "./track.ts";

/** What a subscription upstream can be asked to change. */
export interface FeedChange {
  readonly forward?: boolean;
  readonly newGroupRequest?: bigint;
  /** The last group that is still wanted from this publisher, whole. */
  readonly endGroup?: bigint;
}

/** Who a feed delivers to, and tells how it ends. */
export interface FeedOwner {
  /** Nothing more comes from a feed, whoever ended it. */
  ended(feed: Feed, end: TrackEnd): void;
  /** What a feed brought cannot be this track, or is another one of the same name. */
  contradicted(reason: string, isAnother?: boolean): void;
}

/** What a feed delivers into. */
export interface FeedTarget {
  readonly track: Track;
  readonly feeds: FeedOwner;
  /** Whether another feed may go on where this one breaks off, so that what it began stays open. */
  readonly mayGoOn?: boolean;
  /** Called when no stream of the track is under way any more. */
  readonly quiet?: () => void;
  /** Called when a stream of this group begins. */
  readonly began?: (group: bigint) => void;
  /** Called when the track comes by another way, or by none for a while. */
  readonly pathChanged?: () => void;
  /** Called when the way that the track came by is lost, and there was no other at once. */
  readonly broken?: () => void;
}

/** One publisher's delivery of one track. */
export interface Feed {
  readonly publisher: Publisher;
  /** Whether the publisher offered the track itself: then it is paused, not ended, while nobody wants it. */
  readonly offered: boolean;
  /**
   * Relays that the track comes by, the next one first and the publisher's own last; absent when the
   * publisher is here.
   */
  readonly path?: readonly string[] | undefined;
  /** Whether the track is to come and does not: its way is looked for. */
  readonly isInterrupted?: boolean;
  /** Whether it begins with the first object of a group, where others begin with the next object. */
  readonly fromGroupStart?: boolean;
  /** Whether no stream of the track is under way, where that is known. */
  readonly isQuiet?: boolean;
  /** What the publisher said of the largest location when it agreed. */
  readonly largest?: Location | undefined;
  /** Resolves once the publisher agreed or refused; never rejects. */
  readonly established: Promise<Outcome<void, Refusal>>;
  update(change: FeedChange): void;
  /** Nobody wants the track any more. */
  cancel(): void;
  /**
   * Whether it is needed: while a nearer publisher delivers the track it should leave when it can
   * without a loss.
   */
  setNeeded?(isNeeded: boolean): void;
}

/** Told of where a track comes from. Calls are synchronous and must not throw. */
export interface WayWatcher {
  /** {@linkcode Feeds.path} may be another one. */
  changed(): void;
  /** The way is lost, and there was no other at once. */
  broken(): void;
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
  /** Who else could deliver the track when its last publisher is lost. */
  readonly others: () => readonly Publisher[];
  /** Publishers that are here begin to offer the track, or the last of them ends. */
  readonly onOffered: (offered: boolean) => void;
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
export class Feeds implements FeedOwner {
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
  readonly #wayWatchers = new Set<WayWatcher>();
  #isOfferedHere = false;
  #isOver = false;

  constructor(track: Track, options: FeedsOptions) {
    this.#track = track;
    this.#options = options;
  }

  /** Relays that the track comes by; none when a publisher is here. */
  get path(): readonly string[] {
    let shortest: readonly string[] | undefined;
    for (const { path = [] } of this.#flowing()) {
      if (shortest === undefined || path.length < shortest.length) shortest = path;
    }
    return shortest ?? [];
  }

  /** Whether what comes begins with the first object of a group. */
  get fromGroupStart(): boolean {
    for (const feed of this.#feeds.keys()) if (feed.fromGroupStart) return true;
    return false;
  }

  /** Tells of where the track comes from, as that changes. The result ends it. */
  watchWay(watcher: WayWatcher): () => void {
    this.#wayWatchers.add(watcher);
    return () => this.#wayWatchers.delete(watcher);
  }

  /** A feed comes by another way, or by none for a while. */
  pathChanged(): void {
    if (this.established) this.#settle(done(undefined));
    for (const { changed } of [...this.#wayWatchers]) changed();
  }

  /** The way of a feed is lost. */
  broken(): void {
    if (!this.isInterrupted) return;
    for (const { broken } of [...this.#wayWatchers]) broken();
    this.#settle(refused(NO_WAY));
  }

  /** Whether the track comes by one of these relays, by whichever feed: they cannot be served with it. */
  comesBy(relays: readonly string[]): boolean {
    let isFed = false;
    for (const { path = [] } of this.#flowing()) {
      if (!path.some((relay) => relays.includes(relay))) return false;
      isFed = true;
    }
    return isFed;
  }

  /** Whether objects come, or would come if somebody wanted them. */
  get established(): boolean {
    return !this.#flowing().next().done;
  }

  /** Whether the track was there and is not now, since the way that it came by is lost. */
  get isInterrupted(): boolean {
    if (this.established || this.#feeds.size === 0) return false;
    return this.#lastEnd !== undefined ||
      [...this.#feeds.values()].some(({ isEstablished }) => isEstablished);
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
    options: RequestOptions = {},
  ): Promise<Outcome<void, Refusal>> {
    if (this.#isOver) return refused(NOBODY);
    const { newGroupRequest } = options;
    const asked = publishers.filter((publisher) => !this.has(publisher));
    for (const publisher of asked) this.#subscribe(publisher, options);
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
    this.#offersChanged();
    this.#settle(done(undefined));
    if (feed.path === undefined) this.#tellNeeded(false);
  }

  /** A feed ended, whoever ended it; with the last of them the track is over. */
  ended(feed: Feed, end: TrackEnd): void {
    const state = this.#feeds.get(feed);
    // A feed that came to nothing may leave an entry behind that nobody uses.
    if (state === undefined && this.#demands.size > 0) return;
    this.#feeds.delete(feed);
    this.#offersChanged();
    if (state?.isEstablished) this.#lastEnd = end;
    if (this.#feeds.size > 0) {
      if (feed.path === undefined && !this.#isHere) this.#tellNeeded(true);
      return this.pathChanged();
    }
    if (!this.#findOther(feed, end)) this.#gone(end);
  }

  contradicted(reason: string, isAnother = false): void {
    // Where another publisher has the track too, the name was taken over by one that began anew.
    this.abort({ kind: isAnother || this.#feeds.size > 1 ? "replaced" : "malformed", reason });
  }

  /** Where the last publisher is lost, others who have the track may go on with it. */
  #findOther(lost: Feed, end: TrackEnd): boolean {
    if (this.#demands.size === 0 || this.#isOver || FINAL.has(end.kind)) return false;
    const others = this.#options.others().filter((publisher) => publisher !== lost.publisher);
    const from = this.#track.resumePoint;
    for (const publisher of others) this.#subscribe(publisher, from && { from });
    return others.length > 0;
  }

  /** Feeds by which objects come, or would come if somebody wanted them. */
  *#flowing(): Generator<Feed> {
    for (const [feed, { isEstablished }] of this.#feeds) {
      if (isEstablished && !feed.isInterrupted) yield feed;
    }
  }

  /** Whether a publisher here delivers the track. */
  get #isHere(): boolean {
    for (const { path } of this.#flowing()) if (path === undefined) return true;
    return false;
  }

  /** Tells feeds from elsewhere whether there is a publisher here. */
  #tellNeeded(isNeeded: boolean): void {
    for (const feed of [...this.#feeds.keys()]) feed.setNeeded?.(isNeeded);
  }

  #offersChanged(): void {
    const isOffered = [...this.#feeds.keys()].some(({ offered, path }) =>
      offered && path === undefined
    );
    if (isOffered === this.#isOfferedHere) return;
    this.#isOfferedHere = isOffered;
    this.#options.onOffered(isOffered);
  }

  /** A publisher elsewhere offers the track no more. */
  retract(publisher: Publisher): void {
    for (const feed of [...this.#feeds.keys()]) {
      if (feed.publisher !== publisher || !feed.offered) continue;
      feed.cancel();
      this.ended(feed, { kind: "ended", reason: "the publisher offers the track no more" });
    }
  }

  /** Another publisher took the name, or what came cannot be this track: all feeds end at once. */
  abort(end: TrackEnd): void {
    const feeds = [...this.#feeds.keys()];
    this.#feeds.clear();
    this.#offersChanged();
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

  #subscribe(publisher: Publisher, options: RequestOptions = {}): void {
    const { newGroupRequest } = options;
    const feed = publisher.subscribe({
      track: this.#track,
      feeds: this,
      pathChanged: () => this.pathChanged(),
      broken: () => this.broken(),
    }, options);
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
      this.pathChanged();
      if (feed.path === undefined) this.#tellNeeded(false);
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

/** Ends that are the track's, not only its publisher's. */
const FINAL: ReadonlySet<TrackEnd["kind"]> = new Set(["ended", "replaced", "malformed"]);

const NO_WAY: Refusal = { kind: "timeout", reason: "there is no way to the track" };
const NOBODY: Refusal = { kind: "does_not_exist", reason: "nobody publishes the track" };

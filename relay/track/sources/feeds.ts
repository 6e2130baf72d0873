import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { EstablishWaiters } from "./establish_waiters.ts";
import { type Demand, Demands } from "./demands.ts";
import type { Refusal, TrackEnd } from "../errors.ts";
import type { Feed, FeedEvents, FeedTarget, PathWatcher, Verdict } from "./feed.ts";
import { FeedSet } from "./feed_set.ts";
import type { FeedsOptions, KeptFeed, Offer } from "./feeds_options.ts";
import { GroupRequests } from "./group_requests.ts";
import type { Publisher, RequestOptions } from "./publisher.ts";
import { prevails } from "./replacement.ts";
import type { Source } from "../objects/source.ts";
import { byStanding, trusted } from "./standing.ts";
import type { Track } from "../objects/track.ts";

/** A track and where it comes from. */
export interface TrackEntry {
  /** The path that the sessions of its scope connect to. */
  readonly path: string;
  /** When it came into use, in the clock's milliseconds. */
  readonly since: number;
  readonly track: Track;
  readonly feeds: Feeds;
}

/**
 * Where a track comes from: one subscription for each publisher that has it, however many subscribers
 * there are (#subscriber-interactions).
 */
export class Feeds implements FeedEvents {
  readonly #track: Track;
  readonly #options: FeedsOptions;
  readonly #feeds = new FeedSet();
  readonly #demands: Demands;
  readonly #waiters = new EstablishWaiters();
  readonly #newGroup: GroupRequests;
  // How the last of those ended who delivered the track.
  #lastEnd: TrackEnd | undefined;
  readonly #pathWatchers = new Set<PathWatcher>();
  #isOfferedHere = false;
  #needsElsewhere = true;
  #isOver = false;

  constructor(track: Track, options: FeedsOptions) {
    this.#track = track;
    this.#options = options;
    this.#newGroup = new GroupRequests(track);
    const { clock, linger } = options;
    this.#demands = new Demands({
      clock,
      linger,
      onChange: () => this.#updateForward(),
      onNone: () => this.#rest(),
    });
  }

  /** Relays that the track comes by; none when a publisher is here. */
  get path(): readonly string[] {
    return this.#feeds.path;
  }

  /** Whether what comes begins with the first object of a group. */
  get fromGroupStart(): boolean {
    return this.#feeds.all().some(({ fromGroupStart }) => fromGroupStart);
  }

  /** Whether a publisher was asked for what there was already, so that a fetch can wait for it. */
  get bringsPast(): boolean {
    return this.#feeds.all().some(({ bringsPast }) => bringsPast);
  }

  /** Tells of where the track comes from, as that changes. The result ends it. */
  watchPath(watcher: PathWatcher): () => void {
    this.#pathWatchers.add(watcher);
    return () => this.#pathWatchers.delete(watcher);
  }

  /** A feed comes by another path, or by none for a while. */
  pathChanged(): void {
    if (this.established) this.#waiters.settle(done(undefined));
    for (const { changed } of [...this.#pathWatchers]) changed();
  }

  /** The path of a feed is lost. */
  broken(): void {
    if (!this.isInterrupted) return;
    for (const { broken } of [...this.#pathWatchers]) broken();
    this.#waiters.settle(refused(NO_ROUTE));
  }

  /** Which groups come, and when nothing does, is the matter of who moves a track between paths. */
  began(): void {}

  quiet(): void {}

  /** Whether the track comes by one of these relays, by whichever feed: they cannot be served with it. */
  comesBy(relays: readonly string[]): boolean {
    return this.#feeds.comesBy(relays);
  }

  /** Whether objects come, or would come if somebody wanted them. */
  get established(): boolean {
    return !this.#feeds.flowing().next().done;
  }

  /** Whether the track was there and is not now, since the path that it came by is lost. */
  get isInterrupted(): boolean {
    if (this.established || this.#feeds.size === 0) return false;
    return this.#lastEnd !== undefined || this.#feeds.established().length > 0;
  }

  /** Why nothing will come soon, while those who have the track are held; undefined when it may. */
  get #outOfReach(): Refusal | undefined {
    const feeds = this.#feeds.all();
    return feeds.every(({ outOfReach }) => outOfReach !== undefined)
      ? feeds[0]?.outOfReach
      : undefined;
  }

  /** How many publishers deliver the track or were asked to. */
  get size(): number {
    return this.#feeds.size;
  }

  /** Whether this publisher already delivers the track, or was asked to. */
  has(publisher: Publisher): boolean {
    return this.#feeds.of(publisher) !== undefined;
  }

  /** Publishers that deliver the track. */
  get publishers(): Publisher[] {
    return this.#feeds.publishersOf(this.#feeds.established());
  }

  /** Publishers that offered the track themselves. */
  get offering(): Publisher[] {
    return this.#feeds.publishersOf(this.#feeds.all().filter(({ offered }) => offered));
  }

  /** Subscribers that hold the track. */
  get demand(): number {
    return this.#demands.size;
  }

  /** Whether objects are wanted now. */
  get forward(): boolean {
    return this.#demands.forward;
  }

  /** A subscriber came. */
  hold(forward: boolean): Demand {
    return this.#demands.hold(forward);
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
    const outOfReach = asked.length === 0 ? this.#outOfReach : undefined;
    if (outOfReach !== undefined) return refused(outOfReach);
    for (const publisher of asked) this.#subscribe(publisher, options);
    const outcome = await this.#agreed();
    // Those who were asked before did not hear of it.
    if (outcome.ok && newGroupRequest !== undefined && asked.length === 0) {
      this.requestNewGroup(newGroupRequest);
    }
    return outcome;
  }

  /** A publisher offered the track itself, and was told in the answer whether to forward. */
  offer({ publisher, feed }: Offer, forward = this.forward): void {
    this.#feeds.offer(publisher, feed, forward);
    this.#offersChanged();
    this.#waiters.settle(done(undefined));
    if (feed.path === undefined) this.reviewNeed();
  }

  /** A feed ended, whoever ended it; with the last of them the track is over. */
  ended(feed: Feed, end: TrackEnd): void {
    // A feed that came to nothing may leave an entry behind that nobody uses.
    if (!this.#feeds.has(feed) && this.#demands.size > 0) return;
    const { publisher, isEstablished = false } = this.#feeds.remove(feed) ?? {};
    if (isEstablished) this.#lastEnd = end;
    this.#offersChanged();
    if (publisher !== undefined) this.#options.onLeft(publisher);
    if (this.#feeds.size > 0) {
      if (feed.path === undefined && !this.#feeds.isHere) this.#tellNeeded(true);
      return this.pathChanged();
    }
    if (!this.#findOther(publisher, end)) this.#gone(end);
  }

  contradicted(feed: Feed, reason: string, isAnother = false): Verdict {
    if (!this.#feeds.has(feed)) return "lost";
    const { sources } = this.#track;
    const isContested = isAnother || feed.source !== undefined && sources.hasOther(feed.source);
    if (!isContested) {
      this.#restart({ kind: "malformed", reason }, this.#feeds.all().filter((one) => one !== feed));
      return "malformed";
    }
    const rivals = [...this.#feeds.flowing()].filter((rival) =>
      rival !== feed && (rival.source === undefined || sources.has(rival.source))
    );
    const { policy } = this.#options;
    const stronger = rivals.find((rival) => !prevails(policy, feed, rival));
    const [winner, ...losers] = this.#feeds.publishersOf(
      stronger === undefined ? [feed, ...rivals] : [stronger, feed],
    );
    if (stronger !== undefined) this.#expel(feed);
    else {
      const kept = this.#feeds.all().filter((one) => !rivals.includes(one));
      this.#restart({ kind: "replaced", reason: TAKEN_OVER }, kept);
    }
    const outcome = rivals.length === 0 ? "gone" : policy === "newest" ? "newer" : "older";
    this.#options.onReplaced({
      track: this.#track.name,
      winner: winner!,
      losers,
      outcome,
      reason,
    });
    return stronger === undefined ? "won" : "lost";
  }

  /** One publisher has prevailed over another: where both have the track, the other is out of it. */
  yieldTo(winner: Publisher, loser: Publisher): void {
    const lost = this.#feeds.of(loser);
    if (lost === undefined || this.#feeds.of(winner) === undefined) return;
    const hasPart = lost.source !== undefined && this.#track.sources.has(lost.source);
    if (!hasPart) return this.#expel(lost);
    const kept = this.#feeds.all().filter((one) => one !== lost);
    this.#restart({ kind: "replaced", reason: TAKEN_OVER }, kept);
  }

  /** Feeds of a track that is over go on here, and wait for those who come back. */
  adopt(kept: readonly KeptFeed[]): void {
    for (const { feed, state } of kept) {
      this.#feeds.adopt(feed, state);
      feed.moveTo!(this.#target);
      if (!state.isEstablished) {
        void feed.established.then((outcome) => this.#answered(feed, outcome));
      }
    }
    this.#offersChanged();
    // Nobody may come, and then it is as if the last had left.
    this.hold(false).release();
  }

  /** Whose objects a publisher brings. */
  sourceOf(publisher: Publisher): Source | undefined {
    return this.#feeds.of(publisher)?.source;
  }

  /** Publishers that deliver the track, in the order in which they are asked for a group of the past. */
  askedFor(group: bigint): Publisher[] {
    return this.#by(byStanding, group);
  }

  /** Those whose answers for a group of the past are the track's: they may be kept for everybody. */
  trustedFor(group: bigint): Publisher[] {
    return this.#by(trusted, group);
  }

  #by(choose: typeof byStanding, group: bigint): Publisher[] {
    const init = { track: this.#track, policy: this.#options.policy, group };
    return this.#feeds.publishersOf(choose(this.#feeds.established(), init));
  }

  /** Whose objects come. */
  get source(): Source | undefined {
    const { sources } = this.#track;
    let first: Source | undefined;
    for (const { source } of this.#feeds.flowing()) {
      if (source === undefined) continue;
      if (sources.has(source)) return source;
      first ??= source;
    }
    return first;
  }

  get #target(): FeedTarget {
    return { track: this.#track, feeds: this };
  }

  /** A feed ends, and the track goes on without it. */
  #expel(feed: Feed): void {
    this.#feeds.remove(feed);
    feed.cancel();
    this.#offersChanged();
    this.pathChanged();
  }

  /** The track is over; those of its feeds that can go on in the one that begins in its place. */
  #restart(end: TrackEnd, feeds: readonly Feed[]): void {
    const movable = feeds.filter(({ moveTo }) => moveTo !== undefined);
    const kept = movable.map((feed) => ({ feed, state: this.#feeds.state(feed) }));
    for (const feed of movable) this.#feeds.remove(feed);
    this.abort(end);
    if (kept.length > 0) this.#options.renew(kept);
  }

  /** Where the last publisher is lost, others who have the track may go on with it. */
  #findOther(lost: Publisher | undefined, end: TrackEnd): boolean {
    if (this.#demands.size === 0 || this.#isOver || FINAL.has(end.kind)) return false;
    // One that only failed at an update can be asked anew.
    const others = this.#options.others(end.kind === "update_failed" ? undefined : lost);
    const from = this.#track.resumePoint;
    for (const publisher of others) this.#subscribe(publisher, from && { from });
    return others.length > 0;
  }

  /** Whether feeds from elsewhere are needed only until one here brings something. */
  get isUndecided(): boolean {
    const feeds = this.#feeds.all();
    return this.#needsElsewhere && feeds.some(({ path }) => path === undefined) &&
      feeds.some(({ path }) => path !== undefined);
  }

  /** Those elsewhere are not needed where one is here, unless only they have brought anything. */
  reviewNeed(): void {
    if (!this.#feeds.isHere) return;
    const { sources } = this.#track;
    const bringing = [...this.#feeds.flowing()]
      .filter(({ source }) => source !== undefined && sources.has(source));
    const isHereSilent = bringing.every(({ path }) => path !== undefined);
    if (bringing.length === 0 || !isHereSilent) this.#tellNeeded(false);
  }

  /** Tells feeds from elsewhere whether they are needed. */
  #tellNeeded(isNeeded: boolean): void {
    this.#needsElsewhere = isNeeded;
    for (const feed of this.#feeds.all()) feed.setNeeded?.(isNeeded);
  }

  #offersChanged(): void {
    const isOffered = this.#feeds.isOfferedHere;
    if (isOffered === this.#isOfferedHere) return;
    this.#isOfferedHere = isOffered;
    this.#options.onOffered(isOffered);
  }

  /** A publisher elsewhere offers the track no more. */
  retract(publisher: Publisher): void {
    for (const feed of this.#feeds.all()) {
      if (this.#feeds.state(feed).publisher !== publisher || !feed.offered) continue;
      feed.cancel();
      this.ended(feed, { kind: "ended", reason: "the publisher offers the track no more" });
    }
  }

  /** Another publisher took the name, or what came cannot be this track: all feeds end at once. */
  abort(end: TrackEnd): void {
    const feeds = this.#feeds.all();
    for (const feed of feeds) this.#feeds.remove(feed);
    this.#offersChanged();
    for (const feed of feeds) feed.cancel();
    this.#gone(end);
  }

  /** A subscriber wants the publisher to begin a group (#new-group-request). */
  requestNewGroup(value: bigint): void {
    if (!this.established || !this.#newGroup.add(value)) return;
    for (const feed of this.#feeds.established()) feed.update({ newGroupRequest: value });
  }

  #subscribe(publisher: Publisher, options: RequestOptions = {}): void {
    const { newGroupRequest } = options;
    const feed = publisher.subscribe(this.#target, options);
    this.#feeds.ask(publisher, feed);
    if (newGroupRequest !== undefined) this.#newGroup.asked(newGroupRequest);
    void feed.established.then((outcome) => this.#answered(feed, outcome));
  }

  /** The first publisher that agrees; when none does, the first refusal. */
  async #agreed(): Promise<Outcome<void, Refusal>> {
    if (this.established) return done(undefined);
    if (this.#feeds.size === 0) return refused(NOBODY);
    return await this.#waiters.wait();
  }

  #answered(feed: Feed, outcome: Outcome<void, Refusal>): void {
    if (!this.#feeds.has(feed)) return;
    if (outcome.ok) {
      this.#newGroup.agreed();
      this.#feeds.establish(feed);
      this.pathChanged();
      if (feed.path === undefined) this.reviewNeed();
      return this.#waiters.settle(outcome);
    }
    this.#feeds.remove(feed);
    const isLast = this.#feeds.size === 0;
    if (isLast && this.#lastEnd !== undefined) this.#gone(this.#lastEnd);
    else this.#waiters.refuse(outcome.refusal, isLast);
  }

  /** Nobody wants the track: what was asked for is cancelled, what was offered is paused. */
  #rest(): void {
    for (const feed of this.#feeds.all()) {
      if (feed.offered || this.#feeds.state(feed).publisher.keepsSubscriptions) continue;
      this.#feeds.remove(feed);
      feed.cancel();
    }
    this.#updateForward();
    if (this.#feeds.size === 0) this.#gone({ kind: "ended", reason: "no subscriber is left" });
  }

  #updateForward(): void {
    this.#feeds.setForward(this.forward);
  }

  #gone(end: TrackEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#demands.stop();
    this.#options.onGone();
    const kind = end.kind === "malformed" ? "malformed_track" : "does_not_exist";
    this.#waiters.settle(refused({ kind, reason: end.reason }));
    if (end.kind === "replaced") this.#options.onRenewed();
    this.#track.finish(end);
  }
}

/** What subscribers are told. */
const TAKEN_OVER = "another publisher has taken over the name: subscribe again";

/** Ends that are the track's, not only its publisher's. */
const FINAL: ReadonlySet<TrackEnd["kind"]> = new Set(["ended", "replaced", "malformed"]);

const NO_ROUTE: Refusal = { kind: "timeout", reason: "no route to the track" };
const NOBODY: Refusal = { kind: "does_not_exist", reason: "nobody publishes the track" };

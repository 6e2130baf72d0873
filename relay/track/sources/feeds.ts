import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Demand, Demands } from "./demands.ts";
import { isOfTrack, type Refusal, type TrackEnd } from "../errors.ts";
import { EstablishWaiters } from "./establish_waiters.ts";
import type { Feed, FeedEvents, FeedTarget, Verdict } from "./feed.ts";
import { FeedSet } from "./feed_set.ts";
import type { FeedsOptions, KeptFeed, Offer } from "./feeds_options.ts";
import { GroupRequests } from "./group_requests.ts";
import { PastPublishers } from "./past_publishers.ts";
import { type PathListener, PathListeners } from "./path_listeners.ts";
import type { Publisher, RequestOptions } from "./publisher.ts";
import { RemoteNeed } from "./remote_need.ts";
import type { Source } from "../objects/source.ts";
import { Takeover } from "./takeover.ts";
import type { Track } from "../objects/track.ts";

/**
 * The feeds of one track: one subscription to each publisher that has it, however many subscribers
 * there are (#subscriber-interactions).
 */
export class Feeds implements FeedEvents {
  /** The publishers to request past objects of. */
  readonly past: PastPublishers;
  /** Whether feeds from other relays are needed. */
  readonly need: RemoteNeed;
  readonly #track: Track;
  readonly #options: FeedsOptions;
  readonly #feeds: FeedSet;
  readonly #takeover: Takeover;
  readonly #demands: Demands;
  readonly #waiters = new EstablishWaiters();
  readonly #newGroup: GroupRequests;
  readonly #pathListeners = new PathListeners();
  // The end of the last established feed.
  #lastEnd: TrackEnd | undefined;
  #isOver = false;

  constructor(track: Track, options: FeedsOptions) {
    const { clock, linger, policy } = options;
    this.#track = track;
    this.#options = options;
    this.#feeds = new FeedSet(options.onOffered, options.onCarried);
    this.past = new PastPublishers(this.#feeds, track, policy);
    this.need = new RemoteNeed(this.#feeds, track);
    this.#takeover = new Takeover({
      track,
      feeds: this.#feeds,
      options,
      abort: (end) => this.abort(end),
      onExpelled: () => this.pathChanged(),
    });
    this.#newGroup = new GroupRequests(track);
    this.#demands = new Demands({
      clock,
      linger,
      onChange: () => this.#feeds.setForward(this.forward),
      onNone: () => this.#endUnused(),
    });
  }

  /** The relays on the track's path; empty when a local publisher delivers it. */
  get path(): readonly string[] {
    return this.#feeds.path;
  }

  /** Notifies a listener of changes of the path; the returned function removes it. */
  watchPath(listener: PathListener): () => void {
    return this.#pathListeners.add(listener);
  }

  pathChanged(): void {
    if (this.established) this.#waiters.settle(done(undefined));
    this.#pathListeners.changed();
  }

  broken(): void {
    if (!this.isInterrupted) return;
    this.#pathListeners.broken();
    this.#waiters.settle(refused(NO_ROUTE));
  }

  // A feed that changes its route uses these two itself.
  began(): void {}

  quiet(): void {}

  /** Whether every path of the track contains one of these relays, which thus cannot receive it. */
  comesBy(relays: readonly string[]): boolean {
    return this.#feeds.comesBy(relays);
  }

  /** Whether objects arrive, or would arrive if they were requested. */
  get established(): boolean {
    return !this.#feeds.flowing().next().done;
  }

  /** Whether the track was established and has lost its path. */
  get isInterrupted(): boolean {
    if (this.established || this.#feeds.size === 0) return false;
    return this.#lastEnd !== undefined || this.#feeds.established().length > 0;
  }

  /** The number of publishers that deliver the track, or have been requested to. */
  get size(): number {
    return this.#feeds.size;
  }

  /** Whether this publisher delivers the track, or has been requested to. */
  has(publisher: Publisher): boolean {
    return this.#feeds.of(publisher) !== undefined;
  }

  /** The publishers that deliver the track. */
  get publishers(): Publisher[] {
    return this.#feeds.publishersOf(this.#feeds.established());
  }

  /** The publishers that offered the track. */
  get offering(): Publisher[] {
    return this.#feeds.publishersOf(this.#feeds.all().filter(({ offered }) => offered));
  }

  /** The number of subscribers. */
  get demand(): number {
    return this.#demands.size;
  }

  /** Whether a subscriber wants objects now. */
  get forward(): boolean {
    return this.#demands.forward;
  }

  /** Adds a subscriber. */
  hold(forward: boolean): Demand {
    return this.#demands.hold(forward);
  }

  /**
   * Subscribes to each of these publishers that does not deliver the track yet. Resolves when any
   * publisher has accepted, or with the first refusal when all have refused; never rejects.
   */
  async connect(
    publishers: readonly Publisher[],
    options: RequestOptions = {},
  ): Promise<Outcome<void, Refusal>> {
    if (this.#isOver) return refused(NOBODY);
    const { newGroupRequest } = options;
    const asked = publishers.filter((publisher) => !this.has(publisher));
    const outOfReach = asked.length === 0 ? this.#feeds.outOfReach : undefined;
    if (outOfReach !== undefined) return refused(outOfReach);
    for (const publisher of asked) this.#subscribe(publisher, options);
    const outcome = await this.#firstAnswer();
    // Publishers with an older subscription have not received the request.
    if (outcome.ok && newGroupRequest !== undefined && asked.length === 0) {
      this.requestNewGroup(newGroupRequest);
    }
    return outcome;
  }

  /** A publisher offered the track; `forward` was the forward state in the answer. */
  offer({ publisher, feed }: Offer, forward = this.forward): void {
    this.#feeds.offer(publisher, feed, forward);
    this.#waiters.settle(done(undefined));
    if (feed.path === undefined) this.need.review();
  }

  ended(feed: Feed, end: TrackEnd): void {
    // A refused feed may have left an entry without subscribers.
    if (!this.#feeds.has(feed) && this.#demands.size > 0) return;
    const { publisher, isEstablished = false } = this.#feeds.remove(feed) ?? {};
    if (isEstablished) this.#lastEnd = end;
    if (publisher !== undefined) this.#options.onLeft(publisher);
    if (this.#feeds.size > 0) {
      if (feed.path === undefined) this.need.localEnded();
      return this.pathChanged();
    }
    if (!this.#findOther(publisher, end)) this.#finish(end);
  }

  contradicted(feed: Feed, reason: string, isAnother = false): Verdict {
    return this.#takeover.contradicted(feed, reason, isAnother);
  }

  /** Ends the feed of `loser`, which `winner` has replaced, where both deliver the track. */
  yieldTo(winner: Publisher, loser: Publisher): void {
    this.#takeover.yieldTo(winner, loser);
  }

  /** Continues feeds of a track that ended; its subscribers are expected to subscribe again. */
  adopt(kept: readonly KeptFeed[]): void {
    for (const { feed, state } of kept) {
      this.#feeds.adopt(feed, state);
      feed.moveTo!(this.#target);
      if (!state.isEstablished) {
        void feed.established.then((outcome) => this.#answered(feed, outcome));
      }
    }
    // Without a subscriber they end as if the last one had left.
    this.hold(false).release();
  }

  /** The source of the objects. */
  get source(): Source | undefined {
    return this.#feeds.sourceIn(this.#track.sources);
  }

  get #target(): FeedTarget {
    return { track: this.#track, feeds: this };
  }

  /**
   * After the loss of the last publisher: subscribes to others that have the track, if there are.
   */
  #findOther(lost: Publisher | undefined, end: TrackEnd): boolean {
    if (this.#demands.size === 0 || this.#isOver || isOfTrack(end)) return false;
    // A publisher that only refused an update can be requested again.
    const others = this.#options.others(end.kind === "update_failed" ? undefined : lost);
    const from = this.#track.resumePoint;
    for (const publisher of others) this.#subscribe(publisher, from && { from });
    return others.length > 0;
  }

  /** A remote publisher withdrew its offer of the track. */
  retract(publisher: Publisher): void {
    for (const feed of this.#feeds.all()) {
      if (this.#feeds.state(feed).publisher !== publisher || !feed.offered) continue;
      feed.cancel();
      this.ended(feed, { kind: "ended", reason: "the publisher offers the track no more" });
    }
  }

  /** Ends the track and all its feeds at once. */
  abort(end: TrackEnd): void {
    const feeds = this.#feeds.all();
    for (const feed of feeds) this.#feeds.remove(feed);
    for (const feed of feeds) feed.cancel();
    this.#finish(end);
  }

  /** A subscriber requests a new group (#new-group-request). */
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

  /** The first acceptance, or the first refusal when all publishers refuse. */
  async #firstAnswer(): Promise<Outcome<void, Refusal>> {
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
      if (feed.path === undefined) this.need.review();
      return this.#waiters.settle(outcome);
    }
    this.#feeds.remove(feed);
    const isLast = this.#feeds.size === 0;
    if (isLast && this.#lastEnd !== undefined) this.#finish(this.#lastEnd);
    else this.#waiters.refuse(outcome.refusal, isLast);
  }

  /** Without subscribers: cancels the subscriptions to publishers and pauses offered tracks. */
  #endUnused(): void {
    for (const feed of this.#feeds.all()) {
      if (feed.offered || this.#feeds.state(feed).publisher.keepsSubscriptions) continue;
      this.#feeds.remove(feed);
      feed.cancel();
    }
    this.#feeds.setForward(this.forward);
    if (this.#feeds.size === 0) this.#finish({ kind: "ended", reason: "no subscriber is left" });
  }

  #finish(end: TrackEnd): void {
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

const NO_ROUTE: Refusal = { kind: "timeout", reason: "no route to the track" };
const NOBODY: Refusal = { kind: "does_not_exist", reason: "nobody publishes the track" };

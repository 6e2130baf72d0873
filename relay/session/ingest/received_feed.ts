import { type Clock, done, type Log, type Outcome, refused, trackText } from "@qumo/shared/runtime";
import type { StreamErrorName } from "@qumo/shared/wire";
import type {
  Feed,
  FeedChange,
  FeedTarget,
  Refusal,
  Source,
  TrackEnd,
  Verdict,
} from "../../track/mod.ts";
import type { DropReason, TrackGivenUp } from "../../vocabulary/mod.ts";
import { GroupCount } from "../group_count.ts";
import type { Input } from "../input.ts";
import type { SessionMetrics } from "../metrics.ts";
import { FeedDrops } from "./feed_drops.ts";
import { FeedStreams } from "./feed_streams.ts";
import { PromisedEnd } from "./promised_end.ts";
import type { FailingFeed } from "./track_failed.ts";

/** What a {@linkcode ReceivedFeed} uses of its session. */
export interface ReceivingContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: SessionMetrics;
}

/**
 * One track that a peer delivers, whatever the dialect: what of it arrives, and how it ends. What is
 * said to the peer about it is the dialect's: {@linkcode ReceivedFeed.withdraw} and
 * {@linkcode ReceivedFeed.left}.
 */
export abstract class ReceivedFeed implements Feed, FailingFeed {
  abstract readonly offered: boolean;
  /** The source of the objects: the peer, or the original source that a relay reports. */
  abstract readonly source: Source;
  /** The objects of it that are dropped. */
  readonly drops: FeedDrops;
  readonly streams: FeedStreams;
  readonly groupCount = new GroupCount();
  readonly #context: ReceivingContext;
  readonly #established = Promise.withResolvers<Outcome<void, Refusal>>();
  readonly #ended = Promise.withResolvers<void>();
  #target: FeedTarget;
  #promised: PromisedEnd | undefined;
  #hasDatagrams = false;
  #over = false;

  constructor(target: FeedTarget, context: ReceivingContext) {
    this.#target = target;
    this.#context = context;
    this.drops = new FeedDrops(
      context,
      () => this.#target.track,
      (reason, why) => this.#onlyDrops(reason, why),
    );
    this.streams = new FeedStreams(
      context.clock,
      (group) => this.#target.track.isTooOld(group),
    );
  }

  abstract update(change: FeedChange): void;

  /** Tells the peer that the track is not wanted any more, if it was asked for. */
  protected abstract withdraw(code: StreamErrorName): void;

  /** The feed is over: data of it that still comes belongs to no track. */
  protected abstract left(): void;

  /** Applies what the peer's answer said of the track, if there is one. */
  protected abstract tellTrack(): void;

  /** Streams that are open, or are known to come. */
  protected get expectedStreams(): number {
    return this.streams.open;
  }

  get established(): Promise<Outcome<void, Refusal>> {
    return this.#established.promise;
  }

  /** Resolves when the feed is over. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** The track that objects are stored in. */
  get target(): FeedTarget {
    return this.#target;
  }

  /** Whether the subscription has ended. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Whether no stream of the track is open. */
  get isQuiet(): boolean {
    return this.streams.open === 0;
  }

  /** Whether the publisher said that the track has ended. */
  get isEnding(): boolean {
    return this.#promised !== undefined;
  }

  moveTo(target: FeedTarget): void {
    this.#target = target;
    this.tellTrack();
  }

  /** The publisher agreed. */
  protected accepted(): void {
    this.#established.resolve(done(undefined));
  }

  /** Ends a feed whose request was refused or not answered. */
  refuse(refusal: Refusal): void {
    this.#over = true;
    this.#ended.resolve();
    this.#established.resolve(refused(refusal));
  }

  cancel(): void {
    if (this.#over) return;
    this.withdraw("cancelled");
    this.#leave();
    const reason = "no subscriber waits for the track";
    this.#established.resolve(refused({ kind: "timeout", reason }));
  }

  /**
   * Adds a stream of the track; false when it is not to be read. `tooMany` is the reason when it comes
   * too soon after others; absent for peers that may begin as many as they want.
   */
  protected begin(input: Input, group: bigint, tooMany: string | undefined): boolean {
    const isInTime = this.streams.begin(input, group);
    this.#target.feeds.began(group);
    this.#stopOver();
    if (!isInTime && tooMany !== undefined) this.giveUp("subgroup_rate", tooMany);
    return !this.#over;
  }

  /** Stops streams of groups that the cache has evicted. */
  #stopOver(): void {
    const stopped = this.streams.stopOver();
    if (stopped === 0) return;
    const { log, metrics } = this.#context;
    metrics.streamsStopped.group_gone += stopped;
    if (this.streams.stopped > stopped) return;
    log.info("stopping streams of old groups", this.#subject());
  }

  /** Removes a stream that has ended. */
  detach(input: Input): void {
    this.streams.end(input);
    this.#checkEnd();
    if (this.isQuiet) this.#target.feeds.quiet();
  }

  /** Notes a datagram of the track. */
  datagram(): void {
    this.#hasDatagrams = true;
  }

  /** The publisher said that the track has ended, after so many streams: their data is awaited. */
  protected promise(end: TrackEnd, streams: bigint): void {
    const { properties } = this.#target.track;
    const promised = { end, streams, properties };
    this.#promised = new PromisedEnd(this.#context.clock, promised, (end) => this.finish(end));
    this.#checkEnd();
  }

  #checkEnd(): void {
    this.#promised?.check({
      openStreams: this.expectedStreams,
      streams: this.streams.seen,
      hasDatagrams: this.#hasDatagrams,
    });
  }

  /** Ends the feed without a word of the publisher: the session ended, or the request was reset. */
  lose(reason: string): void {
    // After the announced end only the remaining data was awaited.
    this.finish(this.#promised?.end ?? { kind: "lost", reason });
  }

  /** Reports an object that contradicts the track, and returns the outcome for the feed. */
  contradicted(reason: string): Verdict {
    return this.#over ? "lost" : this.#target.feeds.contradicted(this, reason);
  }

  /** Objects of another publisher may conflict: the takeover decides between the two. */
  #onlyDrops(reason: string, why: DropReason): void {
    const { sources } = this.#target.track;
    const isOthersDoing = why === "too_old" && sources.hasOther(this.source);
    if (isOthersDoing && this.contradicted(reason) === "won") return;
    this.giveUp("only_drops", reason);
  }

  /** Stops receiving although the publisher would send more. */
  giveUp(why: TrackGivenUp, reason: string): void {
    if (this.#over) return;
    const { log, metrics } = this.#context;
    metrics.tracksGivenUp[why]++;
    log.warn("track given up", { ...this.#subject(), why, reason });
    const isCut = why === "unauthorized";
    this.withdraw(isCut ? "expired_auth_token" : "excessive_load");
    this.finish({ kind: isCut ? "lost" : "excessive_load", reason });
  }

  #subject(): { readonly track: string } {
    return { track: trackText(this.#target.track.name) };
  }

  /** The feed has ended. */
  protected finish(end: TrackEnd): void {
    if (this.#over) return;
    this.#leave();
    this.#established.resolve(refused({ kind: "does_not_exist", reason: end.reason }));
    this.#target.feeds.ended(this, end);
  }

  #leave(): void {
    this.#over = true;
    this.#ended.resolve();
    this.#promised?.stop();
    this.streams.stopAll();
    this.#target.track.reports.forget(this);
    this.left();
  }
}

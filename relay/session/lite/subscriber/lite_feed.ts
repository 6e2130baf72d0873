import { done, type Outcome, refused, trackText } from "@qumo/shared/runtime";
import { type LiteTrackInfo } from "@qumo/shared/wire";
import type { Feed, FeedTarget, Refusal, Source, TrackEnd, Verdict } from "../../../track/mod.ts";
import type { DropReason, TrackGivenUp } from "../../../vocabulary/mod.ts";
import { GroupCount } from "../../group_count.ts";
import { FeedDrops } from "../../ingest/feed_drops.ts";
import { FeedStreams } from "../../ingest/feed_streams.ts";
import { PromisedEnd } from "../../ingest/promised_end.ts";
import type { TrackAliases } from "../../ingest/track_aliases.ts";
import type { FailingFeed } from "../../ingest/track_failed.ts";
import type { Input } from "../../input.ts";
import { SUBGROUPS_A_SECOND } from "../../limits.ts";
import type { LiteContext } from "../context.ts";
import { propertiesOf } from "../dialect/track_info.ts";
import type { LiteStream } from "../lite_stream.ts";

/** What {@linkcode LiteFeed} uses of its session. */
export type LiteFeedContext = Pick<LiteContext, "version" | "clock" | "log" | "metrics">;

/** What a {@linkcode LiteFeed} works with. */
export interface LiteFeedOptions {
  /** The id of the subscription, by which its groups are known. */
  readonly id: bigint;
  readonly source: Source;
  readonly context: LiteFeedContext;
  readonly incoming: TrackAliases<LiteFeed>;
}

const TOO_MANY_GROUPS = `the publisher begins more than ${SUBGROUPS_A_SECOND} groups a second`;

/** One track that the peer delivers because it was asked for it. */
export class LiteFeed implements Feed, FailingFeed {
  readonly offered = false;
  readonly fromGroupStart = true;
  readonly id: bigint;
  readonly source: Source;
  /** The objects of it that are dropped. */
  readonly drops: FeedDrops;
  readonly streams: FeedStreams;
  readonly groupCount = new GroupCount();
  readonly #context: LiteFeedContext;
  readonly #incoming: TrackAliases<LiteFeed>;
  readonly #established = Promise.withResolvers<Outcome<void, Refusal>>();
  #target: FeedTarget;
  #stream: LiteStream | undefined;
  #info: LiteTrackInfo | undefined;
  #promised: PromisedEnd | undefined;
  #lastGroup: bigint | undefined;
  #hasDatagrams = false;
  #over = false;
  readonly #ended = Promise.withResolvers<void>();

  constructor(target: FeedTarget, { id, source, context, incoming }: LiteFeedOptions) {
    this.#target = target;
    this.id = id;
    this.source = source;
    this.#context = context;
    this.#incoming = incoming;
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

  get established(): Promise<Outcome<void, Refusal>> {
    return this.#established.promise;
  }

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

  /** Resolves when the subscription has ended. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Notes the stream of the request. */
  requested(stream: LiteStream): void {
    this.#stream = stream;
  }

  /** The publisher has the track: groups under the subscription's id belong to it. */
  establish(info: LiteTrackInfo): void {
    if (this.#over || this.#info !== undefined) return;
    this.#info = info;
    this.#incoming.add(this.id, this);
    this.#tellTrack();
    this.#established.resolve(done(undefined));
    // Deferred, so that waiting subscribers start first and get what overtook the answer.
    this.#context.clock.after(0, () => this.#incoming.wake(this.id));
  }

  #tellTrack(): void {
    if (this.#info === undefined) return;
    const { block, properties } = propertiesOf(this.#info);
    this.#target.track.reports.setProperties(this, block, properties);
  }

  moveTo(target: FeedTarget): void {
    this.#target = target;
    this.#tellTrack();
  }

  /** A publisher of moq-lite cannot be paused, nor asked for a new group. */
  update(): void {}

  /** The request was refused, or not answered. */
  refuse(refusal: Refusal): void {
    if (this.#info !== undefined || this.#over) return;
    this.#over = true;
    this.#stream?.cancel("cancelled");
    this.#ended.resolve();
    this.#established.resolve(refused(refusal));
  }

  cancel(): void {
    if (this.#over) return;
    this.#stream?.cancel("cancelled");
    this.#leave();
    const reason = "no subscriber waits for the track";
    this.#established.resolve(refused({ kind: "timeout", reason }));
  }

  /** Adds a stream of the track; false when it is not to be read. */
  attach(input: Input, group: bigint): boolean {
    const isInTime = this.streams.begin(input, group);
    this.target.feeds.began(group);
    this.#context.metrics.streamsStopped.group_gone += this.streams.stopOver();
    if (!isInTime) this.giveUp("subgroup_rate", TOO_MANY_GROUPS);
    return !this.#over;
  }

  /** Removes a stream that has ended. */
  detach(input: Input): void {
    this.streams.end(input);
    this.#checkEnd();
    if (this.isQuiet) this.target.feeds.quiet();
  }

  /** Notes a datagram of the track. */
  datagram(): void {
    this.#hasDatagrams = true;
  }

  /** Whether the publisher said that the track has ended. */
  get isEnding(): boolean {
    return this.#promised !== undefined;
  }

  /**
   * The publisher said that the track has ended before this group, or did not say where: what is
   * under way is awaited.
   */
  expectEnd(group: bigint | undefined): void {
    if (this.#over || this.#info === undefined || this.#promised !== undefined) return;
    const { properties } = this.target.track;
    this.#lastGroup = group === undefined ? undefined : group - 1n;
    const promised = { end: ENDED, streams: 0n, properties };
    this.#promised = new PromisedEnd(this.#context.clock, promised, (end) => this.#finish(end));
    this.#checkEnd();
  }

  #checkEnd(): void {
    const { open, seen: streams } = this.streams;
    const { largest } = this.target.track;
    const isLastMissing = this.#lastGroup !== undefined && this.#lastGroup >= 0n &&
      (largest === undefined || largest.group < this.#lastGroup);
    const openStreams = isLastMissing ? open + 1 : open;
    this.#promised?.check({ openStreams, streams, hasDatagrams: this.#hasDatagrams });
  }

  /** Ends the feed without a word of the publisher. */
  lose(reason: string): void {
    // After the announced end only the remaining data was awaited.
    this.#finish(this.#promised?.end ?? { kind: "lost", reason });
  }

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

  giveUp(why: TrackGivenUp, reason: string): void {
    if (this.#over) return;
    const { log, metrics } = this.#context;
    metrics.tracksGivenUp[why]++;
    log.warn("track given up", { track: trackText(this.target.track.name), why, reason });
    const isCut = why === "unauthorized";
    this.#stream?.cancel(isCut ? "expired_auth_token" : "excessive_load");
    this.#finish({ kind: isCut ? "lost" : "excessive_load", reason });
  }

  #finish(end: TrackEnd): void {
    if (this.#over) return;
    this.#leave();
    this.#established.resolve(refused({ kind: "does_not_exist", reason: end.reason }));
    this.target.feeds.ended(this, end);
  }

  #leave(): void {
    this.#over = true;
    this.#promised?.stop();
    this.#ended.resolve();
    this.streams.stopAll();
    this.#target.track.reports.forget(this);
    if (this.#info !== undefined) this.#incoming.retire(this.id, this);
  }
}

const ENDED: TrackEnd = { kind: "ended", reason: "the publisher ended the track" };

import { done, type Outcome, refused } from "@qumo/shared/runtime";
import {
  type ControlMessageOf,
  decodeTrackProperties,
  type Location,
  type Parameters,
  type SetupOptions,
} from "@qumo/shared/wire";
import {
  type Feed,
  type FeedChange,
  type FeedTarget,
  type Publisher,
  type Refusal,
  type Source,
  sourceOf,
  type TrackEnd,
  type Verdict,
} from "../../../track/mod.ts";
import { violation } from "../../errors.ts";
import { GroupCount } from "../../group_count.ts";
import type { Input } from "../../input.ts";
import { SUBGROUPS_A_SECOND } from "../../limits.ts";
import { FeedDrops } from "../../ingest/feed_drops.ts";
import { FeedMessages } from "./feed_messages.ts";
import { FeedStreams } from "../../ingest/feed_streams.ts";
import { FeedUpdates } from "./feed_updates.ts";
import { PromisedEnd } from "../../ingest/promised_end.ts";
import type { TrackAliases } from "../../ingest/track_aliases.ts";
import type { RequestPermit } from "../connection/access.ts";
import { isRelay } from "../connection/relay_peer.ts";
import { trackEndOf } from "../requests/refusals.ts";
import { nameFields } from "../requests/refuse.ts";
import type { DropReason, TrackGivenUp } from "../../../vocabulary/mod.ts";
import type { Asking, RequestChannel } from "../requests/requests.ts";
import type { Lifetime, Parties, Reporting, Timing, Wire } from "../connection/facets.ts";
import type { StopProbes } from "../requests/stop_probe.ts";
import { publishOk } from "../requests/answers.ts";

/** The interfaces that {@linkcode PeerFeed} uses of its session. */
export type PeerFeedContext = Wire & Reporting & Timing & Parties & Asking & Lifetime & {
  readonly stops: StopProbes;
};

const TOO_MANY_SUBGROUPS =
  `the publisher begins more than ${SUBGROUPS_A_SECOND} subgroups a second`;

const BEGINNING: Location = { group: 0n, object: 0n };

/** The publisher of a feed, as far as updates are concerned. */
export interface FeedPublisher extends Publisher {
  /** Whether updates are sent to the peer. */
  readonly takesUpdates: boolean;
  /** Whether the peer must not be paused. */
  readonly alwaysForwards: boolean;
  /** Notes that the peer refused an update: no more are sent. */
  updatesRefused(reason: string): void;
}

/** What a {@linkcode PeerFeed} works with. */
export interface PeerFeedOptions {
  readonly offered: boolean;
  readonly bringsPast: boolean;
  /** The location that is requested first; absent: no earlier one is excluded. */
  readonly start?: Location | undefined;
  readonly source: Source;
  readonly context: PeerFeedContext;
  readonly incoming: TrackAliases<PeerFeed>;
}

/** The peer's acceptance of a track, with the stream that it came on. */
interface Agreement {
  readonly stream: RequestChannel;
  /** The alias of the track's data. */
  readonly alias: bigint;
  readonly largest: Location | undefined;
  readonly properties: Uint8Array;
}

/** One track that a peer delivers: requested with SUBSCRIBE, or offered by the peer with PUBLISH. */
export class PeerFeed implements Feed {
  readonly publisher: FeedPublisher;
  readonly offered: boolean;
  readonly bringsPast: boolean;
  /** The objects of it that are dropped. */
  readonly drops: FeedDrops;
  readonly streams: FeedStreams;
  readonly groupCount = new GroupCount();
  readonly #context: PeerFeedContext;
  readonly #incoming: TrackAliases<PeerFeed>;
  #request: RequestChannel | undefined;
  #agreed: Agreement | undefined;
  #target: FeedTarget;
  #source: Source;
  readonly #updates: FeedUpdates;
  #path: readonly string[] | undefined;
  #hasDatagrams = false;
  #promised: PromisedEnd | undefined;
  readonly #ended = Promise.withResolvers<void>();
  readonly #established = Promise.withResolvers<Outcome<void, Refusal>>();
  #over = false;

  constructor(
    target: FeedTarget,
    publisher: FeedPublisher,
    options: PeerFeedOptions,
  ) {
    this.#target = target;
    this.#source = options.source;
    this.publisher = publisher;
    this.offered = options.offered;
    this.bringsPast = options.bringsPast;
    this.#context = options.context;
    this.#incoming = options.incoming;
    this.drops = new FeedDrops(
      options.context,
      () => this.#target.track,
      (reason, why) => this.#onlyDrops(reason, why),
    );
    this.streams = new FeedStreams(
      options.context.clock,
      (group) => this.#target.track.isTooOld(group),
    );
    this.#updates = new FeedUpdates({
      clock: options.context.clock,
      alwaysForwards: () => publisher.alwaysForwards,
      start: options.start ?? BEGINNING,
      maxUnanswered: limitOf(options.context.peer),
      canSend: () => this.#agreed !== undefined && !this.#context.shutdown.isLeaving,
      send: (parameters) => {
        const stream = this.#agreed?.stream;
        if (stream === undefined) return false;
        return stream.trySend({ kind: "requestUpdate", requestId: stream.nextId(), parameters });
      },
    });
  }

  get established(): Promise<Outcome<void, Refusal>> {
    return this.#established.promise;
  }

  /** The track that objects are stored in. */
  get target(): FeedTarget {
    return this.#target;
  }

  /** The source of the objects: the peer, or the original source that a relay reports. */
  get source(): Source {
    return this.#source;
  }

  /** The hops of the track, the peer first; undefined when the peer is no relay. */
  get path(): readonly string[] | undefined {
    return this.#path;
  }

  /** The largest location in the peer's answer. */
  get largest(): Location | undefined {
    return this.#agreed?.largest;
  }

  get fromGroupStart(): boolean {
    return isRelay(this.#context.peer);
  }

  /** Whether the subscription has ended. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Whether the answer to our SUBSCRIBE is pending. */
  get isWaiting(): boolean {
    return !this.#over && this.#agreed === undefined;
  }

  /** Notes the stream of the request. */
  requested(stream: RequestChannel): void {
    this.#request = stream;
  }

  /** Establishes the subscription: data under this alias belongs to the track. */
  establish(
    stream: RequestChannel,
    alias: bigint,
    { largestObject, meshHops, meshSource }: Parameters<
      "largestObject" | "meshHops" | "meshSource"
    >,
    properties: Uint8Array,
  ): void {
    this.#request = stream;
    this.#agreed = { stream, alias, largest: largestObject, properties };
    this.#path = meshHops;
    if (meshSource !== undefined) this.#source = sourceOf(meshSource);
    this.#incoming.add(alias, this);
    this.#tellTrack();
    this.#established.resolve(done(undefined));
  }

  moveTo(target: FeedTarget): void {
    this.#target = target;
    this.#tellTrack();
  }

  /** Applies the track's properties in the peer's answer. */
  #tellTrack(): void {
    if (this.#agreed === undefined) return;
    const { reports } = this.#target.track;
    const { properties: bytes, largest } = this.#agreed;
    const { data } = this.#context.draft;
    const block = { bytes, form: data.properties };
    reports.setProperties(this, block, decodeTrackProperties(bytes, data));
    if (largest !== undefined) reports.learnLargest(this, largest);
  }

  /** Ends a feed whose request was refused or not answered. */
  refuse(refusal: Refusal): void {
    this.#over = true;
    this.#ended.resolve();
    this.#established.resolve(refused(refusal));
  }

  /** Holds updates until the answer to the peer's PUBLISH is sent. */
  holdUpdates(): void {
    this.#updates.holdForAnswer();
  }

  /**
   * Answers the peer's PUBLISH, with the current forward state, or where the answer has no room for that
   * with an update behind it.
   */
  agree(
    stream: RequestChannel,
    { forward, offered }: { readonly forward: boolean; readonly offered: boolean },
  ): void {
    const wanted = this.#updates.takeForAnswer(forward);
    if (!stream.rules.ok.publish.includes("forward")) {
      stream.send(publishOk());
      const { forward: now, ...others } = wanted;
      return this.#updates.sendAtOnce(now === offered ? others : wanted);
    }
    if (!stream.trySend(publishOk(wanted))) stream.send(publishOk({ forward }));
  }

  update(change: FeedChange): void {
    if (!this.#over && this.publisher.takesUpdates) this.#updates.add(change);
  }

  cancel(): void {
    if (this.#over) return;
    this.#request?.cancel("cancelled");
    this.#leave();
    this.#established.resolve(
      refused({ kind: "timeout", reason: "no subscriber waits for the track" }),
    );
  }

  /** Adds a stream of the track; false when it is not to be read. */
  attach(input: Input, group: bigint): boolean {
    const isInTime = this.streams.begin(input, group);
    this.target.feeds.began(group);
    this.#stopOver();
    if (!isInTime && !isRelay(this.#context.peer)) this.giveUp("subgroup_rate", TOO_MANY_SUBGROUPS);
    return !this.#over;
  }

  /** Stops streams of groups that the cache has evicted. */
  #stopOver(): void {
    const stopped = this.streams.stopOver();
    if (stopped === 0) return;
    this.#context.metrics.streamsStopped.group_gone += stopped;
    if (this.streams.stopped > stopped) return;
    this.#context.log.info("stopping streams of old groups", nameFields(this.target.track.name));
  }

  /** Notes a datagram of the track. */
  datagram(): void {
    this.#hasDatagrams = true;
  }

  /** Removes a stream that has ended. */
  detach(input: Input): void {
    this.streams.end(input);
    this.#checkEnd();
    if (this.isQuiet) this.target.feeds.quiet();
  }

  /** Whether no stream of the track is open. */
  get isQuiet(): boolean {
    return this.streams.open === 0;
  }

  /** Probes whether the peer has cancelled the request. */
  async isCancelled(): Promise<boolean> {
    const stream = this.#agreed?.stream;
    const { stops } = this.#context;
    return stream !== undefined && await stops.isCancelled(stream, this.#target.track.name);
  }

  /** Ends the feed without PUBLISH_DONE: the session ended, or the request stream was reset. */
  lose(reason: string): void {
    // After PUBLISH_DONE only the remaining data was awaited.
    this.#finish(this.#promised?.end ?? { kind: "lost", reason });
  }

  /** Reports an object that contradicts the track, and returns the outcome for the feed. */
  contradicted(reason: string): Verdict {
    return this.#over ? "lost" : this.#target.feeds.contradicted(this, reason);
  }

  /** Objects of another publisher may conflict: the takeover decides between the two. */
  #onlyDrops(reason: string, why: DropReason): void {
    const { sources } = this.#target.track;
    const isOthersDoing = why === "too_old" && sources.hasOther(this.#source);
    if (isOthersDoing && this.contradicted(reason) === "won") return;
    this.giveUp("only_drops", reason);
  }

  /** Stops receiving although the publisher would send more. */
  giveUp(why: TrackGivenUp, reason: string): void {
    if (this.#over) return;
    const { log, metrics } = this.#context;
    metrics.tracksGivenUp[why]++;
    log.warn("track given up", { ...nameFields(this.target.track.name), why, reason });
    const isCut = why === "unauthorized";
    this.#request?.cancel(isCut ? "expired_auth_token" : "excessive_load");
    this.#finish({ kind: isCut ? "lost" : "excessive_load", reason });
  }

  /** Reads the request's stream, and after PUBLISH_DONE waits for the remaining data. */
  async listen(stream: RequestChannel, permit?: Pick<RequestPermit, "renew">): Promise<void> {
    const messages = new FeedMessages(this.#context, {
      permit,
      offered: this.offered,
      updates: this.#updates,
      onUpdatesRefused: (reason) => this.publisher.updatesRefused(reason),
      onPath: (hops) => this.#pathChanged(hops),
      onLargest: (largest) => this.target.track.reports.learnLargest(this, largest),
      onDone: (message) => this.#expectEnd(message),
    });
    await messages.read(stream);
    if (this.#promised === undefined) this.lose("the publisher ended the subscription");
    stream.finish();
    await this.#ended.promise;
  }

  #pathChanged(path: readonly string[]): void {
    this.#path = path;
    const { relayName } = this.#context;
    if (relayName === undefined || !path.includes(relayName)) {
      return this.target.feeds.pathChanged();
    }
    // Two relays may switch to each other at the same time, which would leave the track without a
    // source.
    this.#request?.cancel("cancelled");
    this.lose("routing loop: the track comes from this relay");
  }

  #expectEnd(message: ControlMessageOf<"publishDone">): void {
    if (this.#promised !== undefined) throw violation("A second PUBLISH_DONE on one stream");
    const end = trackEndOf(message);
    if (end.kind === "update_failed") this.publisher.updatesRefused(end.reason);
    // Another source resends the open subgroups, so switch now.
    if (end.kind === "going_away" && this.target.mayContinue) return this.#finish(end);
    const { properties } = this.target.track;
    const promised = { end, streams: message.streamCount, properties };
    this.#promised = new PromisedEnd(this.#context.clock, promised, (end) => this.#finish(end));
    this.#checkEnd();
  }

  #checkEnd(): void {
    const { open: openStreams, seen: streams } = this.streams;
    this.#promised?.check({ openStreams, streams, hasDatagrams: this.#hasDatagrams });
  }

  #finish(end: TrackEnd): void {
    if (this.#over) return;
    this.#leave();
    this.#established.resolve(refused({ kind: "does_not_exist", reason: end.reason }));
    this.target.feeds.ended(this, end);
  }

  #leave(): void {
    this.#over = true;
    this.#ended.resolve();
    this.#promised?.stop();
    this.#updates.stop();
    this.streams.stopAll();
    this.#target.track.reports.forget(this);
    if (this.#agreed !== undefined) this.#incoming.retire(this.#agreed.alias, this);
  }
}

/** How many updates the peer may have to answer at a time; undefined where it sets no limit. */
function limitOf({ maxRequestUpdates = 0n }: SetupOptions): number | undefined {
  return maxRequestUpdates === 0n ? undefined : Number(maxRequestUpdates);
}

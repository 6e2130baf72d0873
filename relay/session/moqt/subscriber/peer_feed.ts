import { done, type Outcome, refused } from "@qumo/shared/runtime";
import {
  type ControlMessage,
  type ControlMessageOf,
  decodeTrackProperties,
  type Location,
  outOfScope,
  type Parameters,
  StreamCode,
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
import { isTransportEnd, violation } from "../../errors.ts";
import { GroupCount } from "../../group_count.ts";
import type { Input } from "../../input.ts";
import { SUBGROUPS_A_SECOND } from "../../limits.ts";
import { FeedDrops } from "./feed_drops.ts";
import { FeedStreams } from "./feed_streams.ts";
import { FeedUpdates } from "./feed_updates.ts";
import { PromisedEnd } from "./promised_end.ts";
import type { TrackAliases } from "./track_aliases.ts";
import { isRelay } from "../connection/relay_peer.ts";
import { outcomeOf, refusalOf, trackEndOf } from "../requests/refusals.ts";
import { nameFields } from "../requests/refuse.ts";
import type { DropReason, TrackGivenUp } from "../../../vocabulary.ts";
import type { Asking, RequestChannel } from "../requests/requests.ts";
import type { Lifetime, Parties, Reporting, Timing, Wire } from "../connection/facets.ts";
import type { StopProbes } from "../requests/stop_probe.ts";
import { requestOk } from "../requests/answers.ts";

/** What {@linkcode PeerFeed} uses of its session. */
export type PeerFeedContext = Wire & Reporting & Timing & Parties & Asking & Lifetime & {
  readonly stops: StopProbes;
};

/** How long data that PUBLISH_DONE promised may still take, at the least. */
const DONE_TIMEOUT_MS = 2_000;

const TOO_MANY_SUBGROUPS =
  `the publisher begins more than ${SUBGROUPS_A_SECOND} subgroups a second`;

/** The peer that a feed is of, as far as its updates go. */
export interface FeedPublisher extends Publisher {
  /** Whether it is told of changes of what is wanted. */
  readonly takesUpdates: boolean;
  /** Whether it is never told to pause. */
  readonly alwaysForwards: boolean;
  /** It does not understand updates of subscriptions, so it is sent no more of them. */
  updatesRefused(reason: string): void;
}

/** One track that a peer sends us: we asked for it with SUBSCRIBE, or the peer offered it with PUBLISH. */
export class PeerFeed implements Feed {
  readonly publisher: FeedPublisher;
  readonly offered: boolean;
  readonly bringsPast: boolean;
  readonly established: Promise<Outcome<void, Refusal>>;
  /** What of it is thrown away. */
  readonly drops: FeedDrops;
  readonly streams: FeedStreams;
  readonly groupCount = new GroupCount();
  readonly #context: PeerFeedContext;
  readonly #incoming: TrackAliases<PeerFeed>;
  // There from the question on; the other only once it was agreed to.
  #request: RequestChannel | undefined;
  #target: FeedTarget;
  #source: Source;
  #properties: Uint8Array | undefined;
  #stream: RequestChannel | undefined;
  #alias: bigint | undefined;
  readonly #updates: FeedUpdates;
  #path: readonly string[] | undefined;
  #largest: Location | undefined;
  #hasDatagrams = false;
  #promised: PromisedEnd | undefined;
  readonly #ended = Promise.withResolvers<void>();
  #settle: (outcome: Outcome<void, Refusal>) => void = () => {};
  #over = false;

  constructor(
    target: FeedTarget,
    publisher: FeedPublisher,
    options: {
      offered: boolean;
      bringsPast: boolean;
      source: Source;
      context: PeerFeedContext;
      incoming: TrackAliases<PeerFeed>;
    },
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
      canSend: () => this.#stream !== undefined && !this.#context.isLeaving,
      send: (parameters) =>
        this.#stream!.send({
          kind: "requestUpdate",
          requestId: this.#context.ids.next(),
          parameters,
        }),
    });
    this.established = new Promise((resolve) => this.#settle = resolve);
  }

  /** Where what comes goes now. */
  get target(): FeedTarget {
    return this.#target;
  }

  /** Whose objects come: the peer's, or those of whom a relay has them from. */
  get source(): Source {
    return this.#source;
  }

  /** Relays that the track comes by, the peer first; undefined when the peer is no relay. */
  get path(): readonly string[] | undefined {
    return this.#path;
  }

  /** What the peer said of the largest location when it agreed. */
  get largest(): Location | undefined {
    return this.#largest;
  }

  get fromGroupStart(): boolean {
    return isRelay(this.#context.peer);
  }

  /** Whether the subscription ended, whoever ended it. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Whether the peer was asked and has not answered. */
  get isWaiting(): boolean {
    return !this.#over && this.#stream === undefined;
  }

  /** The peer is being asked on this stream. */
  requested(stream: RequestChannel): void {
    this.#request = stream;
  }

  /** The peer agreed, or offered: data under this alias is the track's. */
  establish(
    stream: RequestChannel,
    alias: bigint,
    { largestObject, meshHops, meshSource }: Parameters<
      "largestObject" | "meshHops" | "meshSource"
    >,
    properties: Uint8Array,
  ): void {
    this.#request = this.#stream = stream;
    this.#alias = alias;
    this.#path = meshHops;
    if (meshSource !== undefined) this.#source = sourceOf(meshSource);
    this.#largest = largestObject;
    this.#properties = properties;
    this.#incoming.add(alias, this);
    this.#tellTrack();
    this.#settle(done(undefined));
  }

  moveTo(target: FeedTarget): void {
    this.#target = target;
    this.#tellTrack();
  }

  /** What the peer said of the track when it agreed. */
  #tellTrack(): void {
    const { words } = this.#target.track;
    const bytes = this.#properties;
    if (bytes !== undefined) {
      const { data } = this.#context.draft;
      const block = { bytes, form: data.properties };
      words.setProperties(this, block, decodeTrackProperties(bytes, data));
    }
    if (this.#largest !== undefined) words.learnLargest(this, this.#largest);
  }

  /** The peer refused, or never answered. */
  refuse(refusal: Refusal): void {
    this.#over = true;
    this.#ended.resolve();
    this.#settle(refused(refusal));
  }

  /** The peer offered the track and is answered in a moment: until then changes wait. */
  holdUpdates(): void {
    this.#updates.holdForAnswer();
  }

  /** Answers the peer's offer; it is told to forward when that is wanted by now. */
  agree(stream: RequestChannel, forward: boolean): void {
    stream.send(requestOk(this.#updates.takeForAnswer(forward)));
  }

  update(change: FeedChange): void {
    if (!this.#over && this.publisher.takesUpdates) this.#updates.add(change);
  }

  cancel(): void {
    if (this.#over) return;
    this.#request?.cancel(StreamCode.CANCELLED);
    this.#leave();
    this.#settle(refused({ kind: "timeout", reason: "no subscriber waits for the track" }));
  }

  /** A stream of the track began; false where nothing is taken from it. */
  attach(input: Input, group: bigint): boolean {
    const isInTime = this.streams.begin(input, group);
    this.target.feeds.began(group);
    this.#stopOver();
    if (!isInTime && !isRelay(this.#context.peer)) this.giveUp("subgroup_rate", TOO_MANY_SUBGROUPS);
    return !this.#over;
  }

  /** Streams of groups that the cache has given up: nobody can be sent what comes on them. */
  #stopOver(): void {
    const stopped = this.streams.stopOver();
    if (stopped === 0) return;
    this.#context.metrics.streamsStopped.group_gone += stopped;
    if (this.streams.stopped > stopped) return;
    this.#context.log.info("stopping streams of old groups", nameFields(this.target.track.name));
  }

  /** A datagram of the track came. */
  datagram(): void {
    this.#hasDatagrams = true;
  }

  /** A stream of the track ended. */
  detach(input: Input): void {
    this.streams.end(input);
    this.#checkEnd();
    if (this.isQuiet) this.target.feeds.quiet();
  }

  /** Whether no stream of the track is under way. */
  get isQuiet(): boolean {
    return this.streams.open === 0;
  }

  /** Whether it turns out that the peer has cancelled the request that the track rests on. */
  async isCancelled(): Promise<boolean> {
    return this.#stream !== undefined && await this.#context.stops.isCancelled(this.#stream);
  }

  /** The session ended, or the request stream broke off: the publisher is gone without a word. */
  lose(reason: string): void {
    // Unless it had said its last word, and only what is under way was waited for.
    this.#finish(this.#promised?.end ?? { kind: "lost", reason });
  }

  /** What came contradicts what is known of the track. Says what becomes of the feed. */
  contradicted(reason: string): Verdict {
    return this.#over ? "lost" : this.#target.feeds.contradicted(this, reason);
  }

  /** What another publisher brought may be in the way: then it is decided between the two. */
  #onlyDrops(reason: string, why: DropReason): void {
    const { sources } = this.#target.track;
    const isOthersDoing = why === "too_old" && sources.hasOther(this.#source);
    if (isOthersDoing && this.contradicted(reason) === "won") return;
    this.giveUp("only_drops", reason);
  }

  /** Nothing more is taken from the publisher, though it would send more. */
  giveUp(why: TrackGivenUp, reason: string): void {
    if (this.#over) return;
    const { log, metrics } = this.#context;
    metrics.tracksGivenUp[why]++;
    log.warn("track given up", { ...nameFields(this.target.track.name), why, reason });
    this.#request?.cancel(StreamCode.EXCESSIVE_LOAD);
    this.#finish({ kind: "excessive_load", reason });
  }

  /** Reads what the peer says on the request's stream, and waits for the data that it promised. */
  async listen(stream: RequestChannel): Promise<void> {
    try {
      for (;;) {
        const message = await stream.next();
        if (message === undefined) break;
        this.#receive(stream, message);
      }
    } catch (error) {
      if (!isTransportEnd(error)) throw error;
    }
    if (this.#promised === undefined) this.lose("the publisher ended the subscription");
    stream.finish();
    await this.#ended.promise;
  }

  #receive(stream: RequestChannel, message: ControlMessage): void {
    switch (message.kind) {
      case "requestOk":
        return this.#updated(stream, message);
      case "requestError":
        return this.#updateRefused(message);
      case "publishDone":
        return this.#expectEnd(message);
      case "meshPath":
        if (!isRelay(this.#context.peer)) break;
        return this.#wayChanged(message.hops);
      case "requestUpdate": {
        if (!this.offered || outOfScope(message.parameters, stream.rules.update.publish)) break;
        this.#context.ids.accept(message.requestId);
        stream.send(requestOk());
        return;
      }
    }
    throw violation(`${message.kind} does not belong on a subscription's stream`);
  }

  #wayChanged(path: readonly string[]): void {
    this.#path = path;
    const { relayName } = this.#context;
    if (relayName === undefined || !path.includes(relayName)) {
      return this.target.feeds.pathChanged();
    }
    // Relays may change to each other at the same time: the track would come from nowhere.
    this.#request?.cancel(StreamCode.CANCELLED);
    this.lose("routing loop: the track comes from this relay");
  }

  /** A failed update may be followed by PUBLISH_DONE; where it is not, the track goes on as it was. */
  #updateRefused(answer: ControlMessageOf<"requestError">): void {
    this.#updates.answered();
    this.#context.metrics.upstreamRequests.request_update[outcomeOf(answer)]++;
    const refusal = refusalOf(answer);
    this.#context.log.debug("update refused", { reason: refusal.reason });
    if (refusal.kind === "not_supported") this.publisher.updatesRefused(refusal.reason);
  }

  #updated(stream: RequestChannel, message: ControlMessageOf<"requestOk">): void {
    this.#updates.answered();
    this.#context.metrics.upstreamRequests.request_update.ok++;
    if (
      outOfScope(message.parameters, stream.rules.ok.requestUpdate) || message.properties.length > 0
    ) {
      throw violation("REQUEST_OK of an update carries what it may not");
    }
    const { largestObject } = message.parameters;
    if (largestObject !== undefined) this.target.track.words.learnLargest(this, largestObject);
  }

  #expectEnd(message: ControlMessageOf<"publishDone">): void {
    if (this.#promised !== undefined) throw violation("A second PUBLISH_DONE on one stream");
    const { objectDeliveryTimeout, subgroupDeliveryTimeout } = this.target.track.properties;
    const waitMs = Math.max(
      DONE_TIMEOUT_MS,
      objectDeliveryTimeout ?? 0,
      subgroupDeliveryTimeout ?? 0,
    );
    const end = trackEndOf(message);
    if (end.kind === "update_failed") this.publisher.updatesRefused(end.reason);
    // What is under way comes again from elsewhere, which should be asked now.
    if (end.kind === "going_away" && this.target.mayGoOn) return this.#finish(end);
    const promised = { end, streams: message.streamCount, waitMs };
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
    this.#settle(refused({ kind: "does_not_exist", reason: end.reason }));
    this.target.feeds.ended(this, end);
  }

  #leave(): void {
    this.#over = true;
    this.#ended.resolve();
    this.#promised?.stop();
    this.#updates.stop();
    this.streams.stopAll();
    this.#target.track.words.forget(this);
    if (this.#alias !== undefined) this.#incoming.retire(this.#alias, this);
  }
}

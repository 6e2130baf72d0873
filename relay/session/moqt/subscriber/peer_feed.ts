import {
  type ControlMessageOf,
  decodeTrackProperties,
  type Location,
  type Parameters,
  type SetupOptions,
  type StreamErrorName,
} from "@qumo/shared/wire";
import {
  type FeedChange,
  type FeedTarget,
  type Publisher,
  type Source,
  sourceOf,
} from "../../../track/mod.ts";
import { violation } from "../../errors.ts";
import type { Input } from "../../input.ts";
import { SUBGROUPS_A_SECOND } from "../../limits.ts";
import { FeedMessages } from "./feed_messages.ts";
import { FeedUpdates } from "./feed_updates.ts";
import { ReceivedFeed } from "../../ingest/received_feed.ts";
import type { TrackAliases } from "../../ingest/track_aliases.ts";
import type { RequestPermit } from "../connection/access.ts";
import { isRelay } from "../connection/relay_peer.ts";
import { trackEndOf } from "../requests/refusals.ts";
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
export class PeerFeed extends ReceivedFeed {
  readonly publisher: FeedPublisher;
  readonly offered: boolean;
  readonly bringsPast: boolean;
  readonly #context: PeerFeedContext;
  readonly #incoming: TrackAliases<PeerFeed>;
  #request: RequestChannel | undefined;
  #agreed: Agreement | undefined;
  #source: Source;
  readonly #updates: FeedUpdates;
  #path: readonly string[] | undefined;

  constructor(
    target: FeedTarget,
    publisher: FeedPublisher,
    options: PeerFeedOptions,
  ) {
    super(target, options.context);
    this.#source = options.source;
    this.publisher = publisher;
    this.offered = options.offered;
    this.bringsPast = options.bringsPast;
    this.#context = options.context;
    this.#incoming = options.incoming;
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

  override get source(): Source {
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

  /** Whether the answer to our SUBSCRIBE is pending. */
  get isWaiting(): boolean {
    return !this.isOver && this.#agreed === undefined;
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
    this.tellTrack();
    this.accepted();
  }

  protected override tellTrack(): void {
    if (this.#agreed === undefined) return;
    const { reports } = this.target.track;
    const { properties: bytes, largest } = this.#agreed;
    const { data } = this.#context.draft;
    const block = { bytes, form: data.properties };
    reports.setProperties(this, block, decodeTrackProperties(bytes, data));
    if (largest !== undefined) reports.learnLargest(this, largest);
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

  override update(change: FeedChange): void {
    if (!this.isOver && this.publisher.takesUpdates) this.#updates.add(change);
  }

  protected override withdraw(code: StreamErrorName): void {
    this.#request?.cancel(code);
  }

  /** Adds a stream of the track; false when it is not to be read. */
  attach(input: Input, group: bigint): boolean {
    return this.begin(input, group, isRelay(this.#context.peer) ? undefined : TOO_MANY_SUBGROUPS);
  }

  /** Probes whether the peer has cancelled the request. */
  async isCancelled(): Promise<boolean> {
    const stream = this.#agreed?.stream;
    const { stops } = this.#context;
    return stream !== undefined && await stops.isCancelled(stream, this.target.track.name);
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
    if (!this.isEnding) this.lose("the publisher ended the subscription");
    stream.finish();
    await this.ended;
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
    if (this.isEnding) throw violation("A second PUBLISH_DONE on one stream");
    const end = trackEndOf(message);
    if (end.kind === "update_failed") this.publisher.updatesRefused(end.reason);
    // Another source resends the open subgroups, so switch now.
    if (end.kind === "going_away" && this.target.mayContinue) return this.finish(end);
    this.promise(end, message.streamCount);
  }

  protected override left(): void {
    this.#updates.stop();
    if (this.#agreed !== undefined) this.#incoming.retire(this.#agreed.alias, this);
  }
}

/** How many updates the peer may have to answer at a time; undefined where it sets no limit. */
function limitOf({ maxRequestUpdates = 0n }: SetupOptions): number | undefined {
  return maxRequestUpdates === 0n ? undefined : Number(maxRequestUpdates);
}

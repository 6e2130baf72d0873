import type { Outcome } from "@qumo/shared/runtime";
import {
  type ControlMessageOf,
  type FullTrackName,
  hasPrefix,
  type Namespace,
  type Parameters,
  trackKey,
} from "@qumo/shared/wire";
import {
  type FeedTarget,
  type FetchRequest,
  type FetchSink,
  type PendingFetch,
  type Publisher,
  type Refusal,
  type RequestOptions,
  sourceOf,
  tokenOf,
  type TrackEntry,
  type TrackStatus,
} from "../../../track/mod.ts";
import { violation } from "../../errors.ts";
import type { Input } from "../../input.ts";
import { MAX_KEPT_SUBSCRIPTIONS } from "../../limits.ts";
import { GOING_AWAY, GONE } from "./ask.ts";
import { askStatus, pingPeer } from "./ask_status.ts";
import { askTrack } from "./ask_track.ts";
import type { IncomingFetchContext } from "./incoming_fetch.ts";
import type { DatagramIngest } from "./datagram_ingest.ts";
import type { TrackAliases } from "../../ingest/track_aliases.ts";
import { OwnFetches } from "./own_fetches.ts";
import {
  type FeedPublisher,
  PeerFeed,
  type PeerFeedContext,
  type PeerFeedOptions,
} from "./peer_feed.ts";
import { wantsPast } from "./upstream_filter.ts";
import type { Judging } from "../connection/facets.ts";
import { checkOwnHop, isOtherRelay, isRelay, meshParameters } from "../connection/relay_peer.ts";
import type { RequestChannel } from "../requests/requests.ts";

/** What {@linkcode PeerPublisher} uses of its session. */
export type PeerPublisherContext = PeerFeedContext & IncomingFetchContext & Judging & {
  readonly id: number;
  /** When the session began, in milliseconds since 1970. */
  readonly since: number;
};

/** The peer as a publisher of tracks. */
export class PeerPublisher implements FeedPublisher {
  readonly #context: PeerPublisherContext;
  readonly #incoming: TrackAliases<PeerFeed>;
  readonly #session: { readonly since: number; readonly id: number; readonly relay: string };
  readonly #feeds = new Set<PeerFeed>();
  readonly #fetches: OwnFetches;
  readonly #datagrams: DatagramIngest;
  #takesUpdates = true;
  #closed = false;
  #claims = 0;

  /** `datagrams` is informed of established aliases. */
  constructor(
    context: PeerPublisherContext,
    incoming: TrackAliases<PeerFeed>,
    datagrams: DatagramIngest,
  ) {
    this.#context = context;
    this.#fetches = new OwnFetches(context);
    this.#datagrams = datagrams;
    const { since, id, relayName: relay = "" } = context;
    this.#session = { since, id, relay };
    this.#incoming = incoming;
  }

  get label(): string {
    return `session ${this.#context.id}`;
  }

  get isOtherRelay(): boolean {
    return isOtherRelay(this.#context.peer);
  }

  /**
   * Whether the peer must not be paused: by configuration, after it failed to handle an update, or
   * because it does not identify itself (#moqt-implementation). Some unidentified libraries end a
   * track at an update, and then it is too late to learn that.
   */
  get alwaysForwards(): boolean {
    const { settings } = this.#context;
    return settings.forward === "always" || !this.#takesUpdates || this.#isUnnamed;
  }

  /**
   * Whether subscriptions without subscribers are kept: the peer does not identify itself and has
   * few tracks. One such library misses a cancellation if streams cannot be reset, and refuses a
   * second subscription to the same track.
   */
  get keepsSubscriptions(): boolean {
    return this.#isUnnamed && this.#feeds.size <= MAX_KEPT_SUBSCRIPTIONS;
  }

  get #isUnnamed(): boolean {
    return this.#context.peer.implementation === undefined;
  }

  /** Whether updates are sent to the peer. */
  get takesUpdates(): boolean {
    return this.#takesUpdates;
  }

  /** Notes that the peer refused an update: no more are sent. */
  updatesRefused(reason: string): void {
    if (!this.#takesUpdates) return;
    this.#takesUpdates = false;
    this.#context.log.info("publisher cannot be paused", { session: this.#context.id, reason });
  }

  /** The number of tracks that the peer delivers or was asked for. */
  get trackCount(): number {
    return this.#feeds.size;
  }

  /** The same peer on behalf of a scope: another relay serves all scopes on one session. */
  inScope(scope: string): Publisher {
    return {
      label: this.label,
      subscribe: (target, options) => this.subscribe(target, options, scope),
      fetch: (request, sink) => this.fetch(request, sink, scope),
      trackStatus: (name, via) => this.trackStatus(name, via, scope),
    };
  }

  subscribe(target: FeedTarget, options: RequestOptions = {}, scope = ""): PeerFeed {
    const feed = this.newFeed(target, {
      offered: false,
      bringsPast: wantsPast(options),
      start: options.from,
    });
    const isRoom = this.#feeds.size <= this.#context.settings.limits.maxPublishedTracks;
    if (this.#closed) this.#refuse(feed, GONE);
    else if (this.#context.shutdown.isLeaving) this.#refuse(feed, GOING_AWAY);
    else if (!isRoom) this.#refuse(feed, TOO_MANY_TRACKS);
    else {
      const end = this.#context.shutdown.begin();
      this.#context.tasks.spawn("subscribe", async () => {
        try {
          await this.#subscribe(feed, options, scope);
        } finally {
          // Callers that wait for an answer must learn that none will come.
          feed.lose("the publisher's session ended");
          this.#feeds.delete(feed);
          end();
        }
      });
    }
    return feed;
  }

  /** A feed of the track whose request is not answered yet. */
  waitingFor({ track }: TrackEntry): PeerFeed | undefined {
    return [...this.#feeds].find((feed) => feed.target.track === track && feed.isWaiting);
  }

  /**
   * Ends the track's feed if the peer has cancelled its request, so that the peer can offer it
   * again.
   */
  async endCancelled({ track }: TrackEntry): Promise<void> {
    for (const feed of this.#feeds) {
      if (feed.target.track !== track || feed.isOver) continue;
      if (await feed.isCancelled()) feed.lose("the publisher cancelled the request");
    }
  }

  /** Creates a feed of this peer; the caller ends it with {@linkcode PeerPublisher.forget}. */
  newFeed(
    target: FeedTarget,
    options: Pick<PeerFeedOptions, "offered" | "bringsPast" | "start">,
  ): PeerFeed {
    const feed = new PeerFeed(target, this, {
      ...options,
      source: sourceOf(tokenOf(this.#session, ++this.#claims)),
      context: this.#context,
      incoming: this.#incoming,
    });
    this.#feeds.add(feed);
    return feed;
  }

  /** Ends what the peer was asked for in a namespace that it may no longer publish. */
  cut(namespace: Namespace, reason: string): void {
    this.#fetches.cut(reason, ({ track }) => hasPrefix(track.namespace, namespace));
    for (const feed of [...this.#feeds]) {
      const isIn = hasPrefix(feed.target.track.name.namespace, namespace);
      if (isIn && !feed.offered) feed.giveUp("unauthorized", reason);
    }
  }

  /** Ends a track that the peer may no longer publish, and what is fetched of it. */
  cutTrack(feed: PeerFeed, reason: string): void {
    const { name } = feed.target.track;
    this.#fetches.cut(reason, ({ track }) => trackKey(track) === trackKey(name));
    feed.giveUp("unauthorized", reason);
  }

  /** Removes a feed that has ended. */
  forget(feed: PeerFeed): void {
    this.#feeds.delete(feed);
  }

  /** Establishes a feed: objects under its alias belong to it. */
  establish(
    feed: PeerFeed,
    stream: RequestChannel,
    message: ControlMessageOf<"subscribeOk"> | ControlMessageOf<"publish">,
  ): void {
    const { alias, parameters, properties } = message;
    const isMesh = "meshHops" in parameters || "meshSource" in parameters;
    if (isMesh && !isRelay(this.#context.peer)) {
      throw violation("A peer that is no relay sends the path of a track");
    }
    const { meshHops } = parameters as Partial<Parameters<"meshHops">>;
    if (isMesh) checkOwnHop(meshHops?.[0], this.#context.peer);
    feed.establish(stream, alias, parameters, properties);
    // Deferred, so that waiting subscribers start first and get the objects that overtook the
    // answer.
    this.#context.clock.after(0, () => {
      this.#incoming.wake(alias);
      if (!feed.isOver) this.#datagrams.aliasKnown(alias, feed);
    });
  }

  fetch(request: FetchRequest, sink: FetchSink, scope = ""): PendingFetch {
    return this.#fetches.start(request, sink, scope);
  }

  trackStatus(
    name: FullTrackName,
    via?: readonly string[],
    scope = "",
  ): Promise<Outcome<TrackStatus, Refusal>> {
    return askStatus(this.#context, name, meshParameters(this.#context, scope, { via }));
  }

  /** Pings the peer. Never rejects. */
  ping(token?: string): Promise<boolean> {
    return pingPeer(this.#context, token);
  }

  /** Handles a data stream of one of our FETCHes. */
  fetchStream(input: Input): Promise<void> {
    return this.#fetches.stream(input);
  }

  /** Ends all feeds and requests; called when the session ends. */
  close(reason: string): void {
    this.#closed = true;
    for (const feed of [...this.#feeds]) feed.lose(reason);
    this.#fetches.close();
  }

  async #subscribe(
    feed: PeerFeed,
    options: RequestOptions,
    scope: string,
  ): Promise<void> {
    const answer = await askTrack(this.#context, feed, { ...options, scope });
    if (answer === undefined) return;
    if (!answer.ok) return this.#refuse(feed, answer.refusal);
    const { message, stream } = answer.value;
    this.establish(feed, stream, message);
    await feed.listen(stream);
  }

  #refuse(feed: PeerFeed, refusal: Refusal): void {
    this.#feeds.delete(feed);
    feed.refuse(refusal);
  }
}

const TOO_MANY_TRACKS: Refusal = {
  kind: "excessive_load",
  reason: "the publisher has too many tracks",
};

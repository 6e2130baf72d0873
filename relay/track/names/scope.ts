import type { Outcome } from "@qumo/shared/runtime";
import { type FullTrackName, hasPrefix, type Namespace, trackKey } from "@qumo/shared/wire";
import {
  type AdvertisedNamespace,
  Advertisements,
  type NamespaceView,
  type NamespaceWatcher,
  type Origin,
  type RemoteTrack,
} from "./advertisements.ts";
import { cachingFetches } from "../sources/cached_fetch.ts";
import { Candidates } from "./candidates.ts";
import { Claims } from "./claims.ts";
import type { Refusal } from "../errors.ts";
import { Feeds, type TrackEntry } from "../sources/feeds.ts";
import { InTurn, type PastSource } from "../sources/in_turn.ts";
import type { KeptFeed, Offer } from "../sources/feeds_options.ts";
import { NamespaceTree } from "./namespaces.ts";
import type { Publisher } from "../sources/publisher.ts";
import { Renewals } from "./renewals.ts";
import type { Replacement } from "../sources/replacement.ts";
import { Rendezvous } from "./rendezvous.ts";
import type { OpenOptions, ScopeOptions } from "./scope_options.ts";
import { SharedFetches } from "../sources/shared_fetches.ts";
import { Successors } from "../sources/successors.ts";
import { Track } from "../objects/track.ts";
import { type OpenTrack, TrackOpening } from "./track_opening.ts";

/** Told of tracks that publishers offer. Calls are synchronous and must not throw. */
export interface TrackWatcher {
  offered(entry: TrackEntry, by: Publisher): void;
}

/**
 * One world of names: sessions of the same scope see each other's namespaces and tracks
 * (#track-scope). It routes requests to publishers and knows every track that is in use.
 */
export class Scope {
  /** The path that its sessions connect to. */
  readonly path: string;
  readonly #options: ScopeOptions;
  readonly #entries = new Map<string, TrackEntry>();
  readonly #advertised: Advertisements;
  readonly #trackWatchers = new NamespaceTree<TrackWatcher>();
  readonly #rendezvous: Rendezvous;
  readonly #claims = new Claims();
  readonly #candidates: Candidates;
  readonly #renewals: Renewals;
  readonly #successors: Successors;
  readonly #fetches: SharedFetches;
  readonly #opening: TrackOpening;

  constructor(options: ScopeOptions) {
    this.#options = options;
    this.path = options.path;
    this.#fetches = new SharedFetches(options.onFetchShared ?? (() => {}));
    this.#rendezvous = new Rendezvous(options.clock);
    this.#advertised = new Advertisements(options.clock, options.local);
    this.#candidates = new Candidates({
      advertised: this.#advertised,
      claims: this.#claims,
      policyOf: options.policyOf,
    });
    this.#renewals = new Renewals(
      options.clock,
      (found, stage) => this.#advertised.tellOfRenewal(found, stage),
    );
    this.#successors = new Successors(
      options.clock,
      (entry) => this.#candidates.elsewhereOf(entry),
    );
    this.#opening = new TrackOpening({
      clock: options.clock,
      maxTracks: options.maxTracks,
      candidates: this.#candidates,
      rendezvous: this.#rendezvous,
      successors: this.#successors,
      entry: (name) => this.entry(name),
    });
  }

  /** Who is asked for what nobody is known to publish. */
  set elsewhere(value: Publisher | undefined) {
    this.#candidates.elsewhere = value;
  }

  /** The tracks in use. */
  get tracks(): Iterable<TrackEntry> {
    return this.#entries.values();
  }

  get trackCount(): number {
    return this.#entries.size;
  }

  /** Whether nothing is in use any more here, whatever other relays have. */
  get isIdle(): boolean {
    const inUse = this.#entries.size + this.#trackWatchers.size + this.#rendezvous.size;
    return inUse === 0 && this.#advertised.isIdle;
  }

  /** The track of this name, if it is in use. */
  find(name: FullTrackName): TrackEntry | undefined {
    return this.#entries.get(trackKey(name));
  }

  /** Every namespace that somebody publishes, here or elsewhere, and who does. */
  advertised(): Iterable<AdvertisedNamespace> {
    return this.#advertised.all();
  }

  /** Whether somebody here publishes a namespace, or one under it. */
  publishes(namespace: Namespace): boolean {
    return this.#advertised.hasLocal(namespace);
  }

  /** Whether somebody publishes a namespace under a prefix, here or elsewhere. */
  hasUnder(prefix: Namespace): boolean {
    return this.#advertised.under(prefix, "all").length > 0;
  }

  /** Whether somebody waits for a namespace, or watches a prefix of it, and there is nothing to see. */
  awaits(namespace: Namespace): boolean {
    return this.#rendezvous.isExpected(namespace) || this.#advertised.isAwaited(namespace);
  }

  /** Who can be asked for a track: publishers here, and only if there are none, the way elsewhere. */
  publishersOf(name: FullTrackName): Publisher[] {
    return this.#candidates.publishersOf(name);
  }

  /**
   * Who is asked for what there is of a track: first who delivers its newest group, and the others
   * that deliver it, then the others here, those with the nearest namespace first, then the way
   * elsewhere. Undefined when there is nobody.
   */
  sourceOf(name: FullTrackName): PastSource | undefined {
    const entry = this.find(name);
    const delivering = new Set(entry?.feeds.askedFor(entry.track.largest?.group ?? 0n));
    const others = delivering.size > 0 && this.#candidates.isForOne(name) ? [] : [
      ...this.#candidates.localPublishersOf(name).reverse(),
      ...this.#candidates.lastResortsOf(name),
    ];
    const publishers = new Set([...delivering, ...others]);
    if (publishers.size === 0) return undefined;
    const { clock } = this.#options;
    const sources = [...publishers].map((publisher) =>
      delivering.has(publisher) ? cachingFetches(publisher, entry!, clock) : publisher
    );
    return this.#fetches.of(new InTurn(sources, clock));
  }

  /** Whether a track that is wanted is asked of somebody who comes. */
  #takesAnother({ track, feeds }: TrackEntry): boolean {
    if (feeds.demand === 0 || feeds.size === 0) return false;
    return feeds.isInterrupted || !this.#candidates.isForOne(track.name);
  }

  /** Why a publisher may not claim a namespace; undefined when it may. */
  refusalOfNamespace(namespace: Namespace, publisher: Publisher): Refusal | undefined {
    return this.#candidates.refusalOfNamespace(namespace, publisher);
  }

  /** Why a publisher may not offer a track: by the policy, or since it has lost it to another. */
  refusalOfTrack(entry: TrackEntry, publisher: Publisher): Refusal | undefined {
    return this.#candidates.refusalOfTrack(entry, publisher);
  }

  /**
   * A publisher has tracks in this namespace. Subscriptions that others here serve are sent to it too,
   * and those that wait for a publisher go on. The result withdraws it.
   */
  advertise(namespace: Namespace, publisher: Publisher, origin: Origin = "local"): () => void {
    const withdraw = this.#advertised.add(namespace, publisher, origin);
    // Nothing is compared with what only others have.
    const entries = this.#advertised.hasLocal(namespace) ? [...this.#entries.values()] : [];
    for (const entry of entries) {
      const { track, feeds } = entry;
      if (origin === "remote") {
        this.#successors.watch(entry);
        continue;
      }
      const isWanted = this.#takesAnother(entry) &&
        hasPrefix(track.name.namespace, namespace) &&
        !this.#candidates.isOut(publisher, track.name);
      if (!isWanted) continue;
      void feeds.connect([publisher]);
      this.#successors.watch(entry);
    }
    this.#rendezvous.namespaceCame(namespace);
    return () => {
      withdraw();
      this.#claims.left(publisher, namespace);
      if (origin === "remote") this.#fallBack(namespace);
    };
  }

  /** Whoever had a namespace elsewhere has it no more: those here that it prevailed over may go on. */
  #fallBack(namespace: Namespace): void {
    if (!this.#advertised.hasLocal(namespace)) return;
    for (const { track, feeds } of [...this.#entries.values()]) {
      if (!feeds.isInterrupted || feeds.demand === 0) continue;
      if (!hasPrefix(track.name.namespace, namespace)) continue;
      const local = this.#candidates.localPublishersOf(track.name);
      if (local.length > 0) void feeds.connect(local);
    }
  }

  /** Another relay's publisher pushes a track. Those that wait for it go on. The result withdraws it. */
  advertiseTrack(name: FullTrackName, publisher: Publisher): () => void {
    const withdraw = this.#advertised.addRemoteTrack(name, publisher);
    const known = this.find(name);
    if (known !== undefined) this.#successors.watch(known);
    this.#rendezvous.trackCame(name);
    const isWatched = !this.#trackWatchers.prefixesOf(name.namespace)[Symbol.iterator]().next()
      .done;
    if (isWatched) this.#offerRemote({ name, publisher });
    return () => {
      withdraw();
      this.find(name)?.feeds.retract(publisher);
    };
  }

  /** Offers a track of elsewhere like one of here, to those who watch. */
  #offerRemote({ name, publisher }: RemoteTrack): void {
    const entry = this.entry(name);
    if (entry === undefined || entry.feeds.size > 0) return;
    const { track, feeds } = entry;
    const feed = publisher.subscribe({ track, feeds }, { offered: true });
    this.offer(entry, { publisher, feed });
    if (feeds.forward) feed.update({ forward: true });
  }

  /** The namespaces under a prefix, now and from now on. The result ends it. */
  watchNamespaces(
    prefix: Namespace,
    watcher: NamespaceWatcher,
    view: NamespaceView = "all",
  ): () => void {
    return this.#advertised.watch(prefix, watcher, view);
  }

  /** The tracks that publishers offer under a prefix, now and from now on. The result ends it. */
  watchTracks(prefix: Namespace, watcher: TrackWatcher): () => void {
    // Those of elsewhere are not offered before somebody watches; from here on they are.
    for (const track of this.#advertised.remoteTracksUnder(prefix)) this.#offerRemote(track);
    this.#trackWatchers.add(prefix, watcher);
    for (const entry of [...this.#entries.values()]) {
      if (!hasPrefix(entry.track.name.namespace, prefix)) continue;
      for (const publisher of entry.feeds.offering) watcher.offered(entry, publisher);
    }
    return () => this.#trackWatchers.delete(prefix, watcher);
  }

  /**
   * The entry of a track, made if it is not in use. Whoever calls this holds the track or gives it a
   * feed at once. Undefined when there are too many.
   */
  entry(name: FullTrackName): TrackEntry | undefined {
    const key = trackKey(name);
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    if (this.#entries.size >= this.#options.maxTracks) return undefined;
    const track = new Track(name, this.#options.nextTrackNumber(), this.#options.cache);
    const onGone = () => {
      this.#successors.forget(entry);
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    };
    const { clock, linger, local } = this.#options;
    const feeds = new Feeds(track, {
      clock,
      linger,
      onGone,
      policy: this.#options.policyOf(name.namespace),
      renew: (kept) => this.#renew(name, kept),
      onReplaced: (replacement) => this.#replaced(replacement),
      onRenewed: () => this.#renewals.add(name.namespace),
      onLeft: (publisher) => {
        const { namespace } = name;
        if (this.#advertised.widestOf(publisher, namespace) === undefined) {
          this.#claims.left(publisher, namespace);
        }
        this.#successors.watch(entry);
      },
      others: (lost) => this.#candidates.publishersOf(name, lost),
      onOffered: (offered) => offered ? local?.offered(name) : local?.retracted(name),
    });
    const entry: TrackEntry = { path: this.path, since: clock.now(), track, feeds };
    this.#entries.set(key, entry);
    return entry;
  }

  /** A track begins anew in the place of one that is over, with those of its feeds that go on. */
  #renew(name: FullTrackName, kept: readonly KeptFeed[]): void {
    const entry = this.entry(name)!;
    entry.feeds.adopt(kept);
    this.#rendezvous.trackCame(name);
    for (const { feed, state } of kept) {
      if (feed.offered) this.#tellOffered(entry, state.publisher);
    }
  }

  /** One publisher has a track now that others had: they are out of all that it has in the namespace. */
  #replaced(replacement: Replacement): void {
    const { winner, losers, track } = replacement;
    const namespace = this.#advertised.widestOf(winner, track.namespace) ?? track.namespace;
    let isNew = losers.length === 0;
    for (const loser of losers) {
      if (!this.#claims.lost(loser, winner, namespace)) continue;
      isNew = true;
      for (const { track, feeds } of [...this.#entries.values()]) {
        if (!hasPrefix(track.name.namespace, namespace) || !feeds.has(loser)) continue;
        // Who is elsewhere was perhaps asked for one track alone.
        if (feeds.has(winner)) feeds.yieldTo(winner, loser);
        else if (feeds.demand > 0) void feeds.connect([winner]);
      }
    }
    this.#options.onReplaced(replacement, isNew);
  }

  /** Whether somebody here wants objects of a track now, or waits for a publisher of it. */
  wantsObjects({ track, feeds }: TrackEntry): boolean {
    return feeds.forward || this.#rendezvous.wantsObjects(track.name);
  }

  /** A publisher offers a track itself, by a feed that is established and was told whether to forward. */
  offer(entry: TrackEntry, offer: Offer, forward = entry.feeds.forward): void {
    entry.feeds.offer(offer, forward);
    this.#successors.watch(entry);
    this.#rendezvous.trackCame(entry.track.name);
    this.#tellOffered(entry, offer.publisher);
  }

  #tellOffered(entry: TrackEntry, by: Publisher): void {
    for (const watcher of [...this.#trackWatchers.prefixesOf(entry.track.name.namespace)]) {
      watcher.offered(entry, by);
    }
  }

  /**
   * A subscriber wants a track: resolves when objects can flow, or with the reason why they cannot;
   * never rejects.
   */
  open(name: FullTrackName, options: OpenOptions): Promise<Outcome<OpenTrack, Refusal>> {
    return this.#opening.open(name, options);
  }
}

import type { Outcome } from "@qumo/shared/runtime";
import { type FullTrackName, hasPrefix, type Namespace, trackKey } from "@qumo/shared/wire";
import { DIRECT, type RouteTold } from "./announced_route.ts";
import {
  type AdvertisedNamespace,
  Advertisements,
  type NamespaceListener,
  type NamespaceVisibility,
  type Origin,
  type RemoteTrack,
} from "./advertisements.ts";
import type { KeptTrack } from "../sources/archive.ts";
import { cachingFetches } from "../sources/cached_fetch.ts";
import { Candidates } from "./candidates.ts";
import { Claims } from "./claims.ts";
import { comes, type Discovered, type Discovery } from "./discovery.ts";
import type { Refusal } from "../errors.ts";
import { Feeds, type TrackEntry } from "../sources/feeds.ts";
import { InTurn, type PastSource } from "../sources/in_turn.ts";
import type { KeptFeed, Offer } from "../sources/feeds_options.ts";
import { KeptSource } from "../sources/kept_source.ts";
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

/** Notified of tracks that publishers offer. Calls are synchronous and must not throw. */
export interface TrackListener {
  offered(entry: TrackEntry, by: Publisher): void;
}

/**
 * A scope: its sessions see each other's namespaces and tracks (#track-scope). It routes requests
 * to publishers and holds every track in use.
 */
export class Scope {
  /** The path of its sessions. */
  readonly path: string;
  readonly #options: ScopeOptions;
  readonly #entries = new Map<string, TrackEntry>();
  readonly #advertised: Advertisements;
  readonly #trackWatchers = new NamespaceTree<TrackListener>();
  readonly #rendezvous: Rendezvous;
  readonly #claims = new Claims();
  readonly #candidates: Candidates;
  readonly #renewals: Renewals;
  readonly #successors: Successors;
  readonly #fetches: SharedFetches;
  readonly #opening: TrackOpening;
  /** Finds what other relays have; undefined where all that they have is advertised. */
  discovery: Discovery | undefined;

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

  /** Sets the publisher of last resort, for tracks without a known publisher. */
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

  /** Whether nothing local is in use. */
  get isIdle(): boolean {
    const inUse = this.#entries.size + this.#trackWatchers.size + this.#rendezvous.size;
    return inUse === 0 && this.#advertised.isIdle;
  }

  /** The track of this name, if it is in use. */
  find(name: FullTrackName): TrackEntry | undefined {
    return this.#entries.get(trackKey(name));
  }

  /** Every published namespace, local and remote, with its publishers. */
  advertised(): Iterable<AdvertisedNamespace> {
    return this.#advertised.all();
  }

  /** Whether a namespace, or one under it, is published locally. */
  publishes(namespace: Namespace): boolean {
    return this.#advertised.hasLocal(namespace);
  }

  /** Whether a namespace under a prefix is published, locally or remotely. */
  hasUnder(prefix: Namespace): boolean {
    return this.#advertised.under(prefix, "all").length > 0;
  }

  /** Whether a request waits for a namespace, or a listener of a prefix of it has seen nothing. */
  awaits(namespace: Namespace): boolean {
    return this.#rendezvous.isExpected(namespace) || this.#advertised.isAwaited(namespace);
  }

  /**
   * Asks what other relays have of a namespace. Resolves when that is known here; undefined when it is
   * already, or a publisher of the track is known.
   */
  lookUp(name: FullTrackName): Promise<void> | undefined {
    const found = this.discovery?.follow(name.namespace, "namespace");
    found?.end();
    return this.publishersOf(name).length > 0 ? undefined : found?.known;
  }

  /** The publishers to ask for a track: local ones, or remote ones if there is no local one. */
  publishersOf(name: FullTrackName): Publisher[] {
    return this.#candidates.publishersOf(name);
  }

  /**
   * The source of a track's past objects: first what is kept of it, then the publisher of its newest
   * group, then others that deliver it, then other local ones by nearest namespace, then remote ones.
   * Undefined when there is none.
   */
  sourceOf(name: FullTrackName): PastSource | undefined {
    const { archive } = this.#options;
    const kept = archive?.find(this.path, name);
    const publishers = this.#publisherOfPast(name);
    if (archive === undefined || kept === undefined) return publishers;
    const { track } = this.find(name) ?? {};
    return new KeptSource({ kept, publishers, track, renderer: archive.renderer });
  }

  /** What is kept of a track that is in use here; undefined when that is nothing, or of another track. */
  keptOf(name: FullTrackName): KeptTrack | undefined {
    if (!this.find(name)?.track.hasBegun) return undefined;
    return this.#options.archive?.find(this.path, name);
  }

  #publisherOfPast(name: FullTrackName): PastSource | undefined {
    const entry = this.find(name);
    const delivering = new Set(entry?.feeds.past.inOrder(entry.track.largest?.group ?? 0n));
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

  /** Whether a track with subscribers is also requested from a publisher that comes later. */
  #takesAnother({ track, feeds }: TrackEntry): boolean {
    if (feeds.demand === 0 || feeds.size === 0) return false;
    return feeds.isInterrupted || !this.#candidates.isForOne(track.name);
  }

  /** Why a publisher may not claim a namespace; undefined when it may. */
  refusalOfNamespace(namespace: Namespace, publisher: Publisher): Refusal | undefined {
    return this.#candidates.refusalOfNamespace(namespace, publisher);
  }

  /**
   * Why a publisher may not offer a track, by the policy or because it lost the track; undefined
   * when it may.
   */
  refusalOfTrack(entry: TrackEntry, publisher: Publisher): Refusal | undefined {
    return this.#candidates.refusalOfTrack(entry, publisher);
  }

  /**
   * Adds a publisher of a namespace: it is also asked for tracks that other local publishers
   * deliver, and waiting requests continue. The returned function removes it.
   */
  advertise(
    namespace: Namespace,
    publisher: Publisher,
    { origin = "local", told = DIRECT }: {
      readonly origin?: Origin;
      readonly told?: RouteTold;
    } = {},
  ): () => void {
    const withdraw = this.#advertised.add(namespace, publisher, { origin, ...told });
    // Objects are only compared with those of local publishers.
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

  /** A remote publisher withdrew a namespace: local publishers that lost to it may continue. */
  #fallBack(namespace: Namespace): void {
    if (!this.#advertised.hasLocal(namespace)) return;
    for (const { track, feeds } of [...this.#entries.values()]) {
      if (!feeds.isInterrupted || feeds.demand === 0) continue;
      if (!hasPrefix(track.name.namespace, namespace)) continue;
      const local = this.#candidates.localPublishersOf(track.name);
      if (local.length > 0) void feeds.connect(local);
    }
  }

  /**
   * Adds a remote publisher of a track; waiting requests continue. The returned function removes
   * it.
   */
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

  /** Offers a remote track to the watchers like a local one. */
  #offerRemote({ name, publisher }: RemoteTrack): void {
    const entry = this.entry(name);
    if (entry === undefined || entry.feeds.size > 0) return;
    const { track, feeds } = entry;
    const feed = publisher.subscribe({ track, feeds }, { offered: true });
    this.offer(entry, { publisher, feed });
    if (feeds.forward) feed.update({ forward: true });
  }

  /**
   * Reports the namespaces under a prefix, now and when they change. The returned function stops
   * it.
   */
  watchNamespaces(
    prefix: Namespace,
    listener: NamespaceListener,
    view: NamespaceVisibility = "all",
  ): () => void {
    const isLocal = view === "local" || view === "local_no_other_relays";
    const found = isLocal ? undefined : this.discovery?.follow(prefix, "prefix");
    const stop = this.#advertised.watch(prefix, listener, view);
    return () => {
      stop();
      found?.end();
    };
  }

  /**
   * Reports the tracks that are offered under a prefix, now and later. The returned function stops
   * it.
   */
  watchTracks(prefix: Namespace, listener: TrackListener): () => void {
    const found = this.discovery?.follow(prefix, "prefix");
    // Remote tracks are offered only once there is a listener.
    for (const track of this.#advertised.remoteTracksUnder(prefix)) this.#offerRemote(track);
    this.#trackWatchers.add(prefix, listener);
    for (const entry of [...this.#entries.values()]) {
      if (!hasPrefix(entry.track.name.namespace, prefix)) continue;
      for (const publisher of entry.feeds.offering) listener.offered(entry, publisher);
    }
    return () => {
      this.#trackWatchers.delete(prefix, listener);
      found?.end();
    };
  }

  /**
   * The entry of a track, created if it is not in use. The caller must hold the track or give it a
   * feed at once. Undefined when there are too many tracks.
   */
  entry(name: FullTrackName): TrackEntry | undefined {
    const key = trackKey(name);
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    if (this.#entries.size >= this.#options.maxTracks) return undefined;
    const { nextTrackNumber, cache, archive } = this.#options;
    const recorder = archive?.recorderOf(this.path, name);
    const track = new Track(name, nextTrackNumber(), cache, recorder);
    const found = this.discovery?.follow(name.namespace, "namespace");
    const onGone = () => {
      found?.end();
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
      onCarried: (publisher, isCarried) =>
        this.#advertised.carries(publisher, name.namespace, isCarried),
    });
    const entry: TrackEntry = { path: this.path, since: clock.now(), track, feeds };
    this.#entries.set(key, entry);
    return entry;
  }

  /** Replaces a track that has ended by a new one, with those of its feeds that continue. */
  #renew(name: FullTrackName, kept: readonly KeptFeed[]): void {
    const entry = this.entry(name)!;
    entry.feeds.adopt(kept);
    this.#rendezvous.trackCame(name);
    for (const { feed, state } of kept) {
      if (feed.offered) this.#tellOffered(entry, state.publisher);
    }
  }

  /** A publisher took a track over: the others lose everything that it has in the namespace. */
  #replaced(replacement: Replacement): void {
    const { winner, losers, track } = replacement;
    const namespace = this.#advertised.widestOf(winner, track.namespace) ?? track.namespace;
    let isNew = losers.length === 0;
    for (const loser of losers) {
      if (!this.#claims.lost(loser, winner, namespace)) continue;
      isNew = true;
      for (const { track, feeds } of [...this.#entries.values()]) {
        if (!hasPrefix(track.name.namespace, namespace) || !feeds.has(loser)) continue;
        // A remote winner may have been asked for this one track only.
        if (feeds.has(winner)) feeds.yieldTo(winner, loser);
        else if (feeds.demand > 0) void feeds.connect([winner]);
      }
    }
    this.#options.onReplaced(replacement, isNew);
  }

  /**
   * Whether objects of a track are wanted: by subscribers, or by requests that wait for a
   * publisher.
   */
  wantsObjects({ track, feeds }: TrackEntry): boolean {
    return feeds.forward || this.#rendezvous.wantsObjects(track.name);
  }

  /**
   * Adds a publisher's own offer of a track, whose feed is established and was told whether to
   * forward.
   */
  offer(entry: TrackEntry, offer: Offer, forward = entry.feeds.forward): void {
    entry.feeds.offer(offer, forward);
    this.#successors.watch(entry);
    this.#rendezvous.trackCame(entry.track.name);
    this.#tellOffered(entry, offer.publisher);
  }

  #tellOffered(entry: TrackEntry, by: Publisher): void {
    for (const listener of [...this.#trackWatchers.prefixesOf(entry.track.name.namespace)]) {
      listener.offered(entry, by);
    }
  }

  /**
   * Opens a track for a subscriber: resolves when objects can be delivered, or with a refusal;
   * never rejects.
   */
  open(name: FullTrackName, options: OpenOptions): Promise<Outcome<OpenTrack, Refusal>> {
    if (this.discovery === undefined) return this.#opening.open(name, options);
    return this.#openKnown(name, options, this.discovery.follow(name.namespace, "namespace"));
  }

  /** As open(), once it is known who else may have the track. */
  async #openKnown(name: FullTrackName, options: OpenOptions, found: Discovered) {
    if (this.publishersOf(name).length === 0) await comes(found, options.signal);
    const outcome = await this.#opening.open(name, options);
    found.end();
    return outcome;
  }
}

import type { Outcome } from "@qumo/shared/runtime";
import type { FullTrackName, Namespace } from "@qumo/shared/wire";
import { DIRECT, type RouteTold } from "./announced_route.ts";
import { type AdvertisedNamespace, Advertisements, type RemoteTrack } from "./advertisements.ts";
import type { NamespaceListener, NamespaceVisibility, Origin } from "./namespace_listener.ts";
import type { KeptTrack } from "../sources/archive.ts";
import { Candidates } from "./candidates.ts";
import { Claims } from "./claims.ts";
import type { Discovery } from "./discovery.ts";
import type { Refusal } from "../errors.ts";
import type { TrackEntry } from "../sources/track_entry.ts";
import type { PastSource } from "../sources/in_turn.ts";
import type { KeptFeed, Offer } from "../sources/feeds_options.ts";
import { PastSources } from "./past_sources.ts";
import type { Publisher } from "../sources/publisher.ts";
import { PublisherChanges } from "./publisher_changes.ts";
import { Renewals } from "./renewals.ts";
import { Rendezvous } from "./rendezvous.ts";
import type { OpenOptions, ScopeOptions } from "./scope_options.ts";
import { Successors } from "../sources/successors.ts";
import { type OpenTrack, TrackOpening } from "./track_opening.ts";
import { TracksInUse } from "./tracks_in_use.ts";
import { type TrackListener, TrackWatchers } from "./track_watchers.ts";

/**
 * A scope: its sessions see each other's namespaces and tracks (#track-scope). It routes requests
 * to publishers and holds every track in use.
 */
export class Scope {
  /** The path of its sessions. */
  readonly path: string;
  readonly #tracks: TracksInUse;
  readonly #advertised: Advertisements;
  readonly #trackWatchers = new TrackWatchers();
  readonly #rendezvous: Rendezvous;
  readonly #candidates: Candidates;
  readonly #successors: Successors;
  readonly #past: PastSources;
  readonly #opening: TrackOpening;
  readonly #changes: PublisherChanges;
  /** Finds what other relays have; undefined where all that they have is advertised. */
  discovery: Discovery | undefined;

  constructor(options: ScopeOptions) {
    const { path, clock, local, archive, maxTracks, policyOf } = options;
    this.path = path;
    const rendezvous = this.#rendezvous = new Rendezvous(clock);
    const advertised = this.#advertised = new Advertisements(clock, local);
    const claims = new Claims();
    const candidates = this.#candidates = new Candidates({ advertised, claims, policyOf });
    this.#past = new PastSources({
      path,
      clock,
      candidates,
      archive,
      find: (name) => this.find(name),
      onShared: options.onFetchShared ?? (() => {}),
    });
    const successors = this.#successors = new Successors(
      clock,
      (entry) => candidates.elsewhereOf(entry),
    );
    const names = { advertised, claims, candidates, successors };
    const changes = this.#changes = new PublisherChanges({
      ...names,
      entries: () => [...this.tracks],
    });
    const discovery = () => this.discovery;
    this.#tracks = new TracksInUse({
      ...names,
      options,
      changes,
      renewals: new Renewals(clock, (found, stage) => advertised.tellOfRenewal(found, stage)),
      discovery,
      onRenewed: (entry, kept) => this.#renewed(entry, kept),
    });
    const entry = (name: FullTrackName) => this.entry(name);
    this.#opening = new TrackOpening({ ...names, clock, maxTracks, rendezvous, entry, discovery });
  }

  /** Sets the publisher of last resort, for tracks without a known publisher. */
  set elsewhere(value: Publisher | undefined) {
    this.#candidates.elsewhere = value;
  }

  /** The tracks in use. */
  get tracks(): Iterable<TrackEntry> {
    return this.#tracks.all();
  }

  get trackCount(): number {
    return this.#tracks.size;
  }

  /** Whether nothing local is in use. */
  get isIdle(): boolean {
    const inUse = this.#tracks.size + this.#rendezvous.size;
    return inUse === 0 && this.#trackWatchers.isEmpty && this.#advertised.isIdle;
  }

  /** The track of this name, if it is in use. */
  find(name: FullTrackName): TrackEntry | undefined {
    return this.#tracks.find(name);
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

  /** The source of a track's past objects; undefined when there is none. */
  sourceOf(name: FullTrackName): PastSource | undefined {
    return this.#past.of(name);
  }

  /** What is kept of a track, of one that is `idle` too; undefined when that is nothing, or of another track. */
  keptOf(name: FullTrackName, idle = false): KeptTrack | undefined {
    return this.#past.keptOf(name, idle);
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
    this.#changes.came(namespace, publisher, origin);
    this.#rendezvous.namespaceCame(namespace);
    return () => {
      withdraw();
      this.#changes.withdrew(namespace, publisher, origin);
    };
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
    if (this.#trackWatchers.isWatched(name.namespace)) this.#offerRemote({ name, publisher });
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
    const stop = this.#trackWatchers.add(prefix, listener, [...this.tracks]);
    return () => {
      stop();
      found?.end();
    };
  }

  /**
   * The entry of a track, created if it is not in use. The caller must hold the track or give it a
   * feed at once. Undefined when there are too many tracks.
   */
  entry(name: FullTrackName): TrackEntry | undefined {
    return this.#tracks.entry(name);
  }

  /** A track has ended and is replaced by a new one, with those of its feeds that continue. */
  #renewed(entry: TrackEntry, kept: readonly KeptFeed[]): void {
    entry.feeds.adopt(kept);
    this.#rendezvous.trackCame(entry.track.name);
    for (const { feed, state } of kept) {
      if (feed.offered) this.#trackWatchers.tell(entry, state.publisher);
    }
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
    this.#trackWatchers.tell(entry, offer.publisher);
  }

  /**
   * Opens a track for a subscriber: resolves when objects can be delivered, or with a refusal;
   * never rejects.
   */
  open(name: FullTrackName, options: OpenOptions): Promise<Outcome<OpenTrack, Refusal>> {
    return this.#opening.open(name, options);
  }
}

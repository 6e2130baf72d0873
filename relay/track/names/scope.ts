import { done, type Outcome, refused } from "@qumo/shared/runtime";
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
import { Claims } from "./claims.ts";
import type { Demand } from "../sources/demands.ts";
import type { Refusal } from "../errors.ts";
import type { Feed } from "../sources/feed.ts";
import { Feeds, type TrackEntry } from "../sources/feeds.ts";
import { InTurn, type PastSource } from "../sources/in_turn.ts";
import type { KeptFeed } from "../sources/feeds_options.ts";
import { MAX_REOPENINGS, RELAY_PATIENCE_MS } from "../limits.ts";
import { NamespaceTree } from "./namespaces.ts";
import type { Publisher, RequestOptions } from "../sources/publisher.ts";
import { Renewals } from "./renewals.ts";
import type { Replacement } from "../sources/replacement.ts";
import { Rendezvous } from "./rendezvous.ts";
import type { OpenOptions, ScopeOptions } from "./scope_options.ts";
import { SharedFetches } from "../sources/shared_fetches.ts";
import { Successors } from "../sources/successors.ts";
import { Track } from "../objects/track.ts";

/** Told of tracks that publishers offer. Calls are synchronous and must not throw. */
export interface TrackWatcher {
  offered(entry: TrackEntry, by: Publisher): void;
}

/** A subscriber's hold on a track that flows. */
export interface OpenTrack extends TrackEntry {
  readonly demand: Demand;
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
  readonly #renewals: Renewals;
  readonly #successors: Successors;
  readonly #fetches: SharedFetches;
  /** Who is asked for what nobody is known to publish. */
  elsewhere: Publisher | undefined;

  constructor(options: ScopeOptions) {
    this.#options = options;
    this.path = options.path;
    this.#fetches = new SharedFetches(options.onFetchShared ?? (() => {}));
    this.#rendezvous = new Rendezvous(options.clock);
    this.#advertised = new Advertisements(options.clock, options.local);
    this.#renewals = new Renewals(
      options.clock,
      (found, stage) => this.#advertised.tellOfRenewal(found, stage),
    );
    this.#successors = new Successors(options.clock, (entry) => this.#elsewhereOf(entry));
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
    return this.#publishersOf(name);
  }

  /**
   * Who is asked for what there is of a track: first who delivers its newest group, and the others that deliver it, then the others here, those with
   * the nearest namespace first, then the way elsewhere. Undefined when there is nobody.
   */
  sourceOf(name: FullTrackName): PastSource | undefined {
    const entry = this.find(name);
    const delivering = new Set(entry?.feeds.askedFor(entry.track.largest?.group ?? 0n));
    const others = delivering.size > 0 && this.#isForOne(name) ? [] : [
      ...this.#localPublishersOf(name).reverse(),
      ...this.#lastResortsOf(name),
    ];
    const publishers = new Set([...delivering, ...others]);
    if (publishers.size === 0) return undefined;
    const { clock } = this.#options;
    const sources = [...publishers].map((publisher) =>
      delivering.has(publisher) ? cachingFetches(publisher, entry!, clock) : publisher
    );
    return this.#fetches.of(new InTurn(sources, clock));
  }

  #publishersOf(name: FullTrackName, except?: Publisher): Publisher[] {
    const isIn = (one: Publisher) => one !== except && !this.#isOut(one, name, except);
    const local = this.#isForOne(name)
      ? this.#advertised.firstLocalOf(name, isIn)
      : this.#advertised.localPublishersOf(name).filter(isIn);
    if (local.length > 0) return local;
    const remote = this.#advertised.remotePublishersOf(name, except).filter(isIn);
    if (remote.length > 0 || this.elsewhere === except) return remote;
    return this.elsewhere === undefined ? [] : [this.elsewhere];
  }

  #localPublishersOf(name: FullTrackName): Publisher[] {
    return this.#advertised.localPublishersOf(name).filter((one) => !this.#isOut(one, name));
  }

  /** Whether a track that one publisher has is not asked of another, by the policy. */
  #isForOne({ namespace }: FullTrackName): boolean {
    return this.#options.policyOf(namespace) === "refuse";
  }

  /** Whether a track that is wanted is asked of somebody who comes. */
  #takesAnother({ track, feeds }: TrackEntry): boolean {
    if (feeds.demand === 0 || feeds.size === 0) return false;
    return feeds.isInterrupted || !this.#isForOne(track.name);
  }

  /** Whether a publisher has lost a track to another that is still there. */
  #isOut(publisher: Publisher, name: FullTrackName, except?: Publisher): boolean {
    return this.#claims.winnersOver(publisher, name, except).length > 0;
  }

  /** Who is asked when those who should have a track do not: the ones they prevailed over, then elsewhere. */
  #lastResortsOf(name: FullTrackName): Publisher[] {
    const local = this.#advertised.localPublishersOf(name)
      .filter((one) => this.#isForOne(name) || this.#isOut(one, name));
    const remote = this.#advertised.remotePublishersOf(name);
    const elsewhere = remote.length > 0 || this.elsewhere === undefined ? [] : [this.elsewhere];
    return [...local, ...remote, ...elsewhere];
  }

  /**
   * Who elsewhere is asked for a track that those here should have, and of which nothing comes: all but
   * who has lost it. By policy the later one may be another than who lost it.
   */
  #elsewhereOf({ track: { name }, since }: TrackEntry): Publisher[] {
    const isNewest = this.#options.policyOf(name.namespace) === "newest";
    const later = isNewest ? this.#advertised.laterElsewhere(name, since) : [];
    const others = this.#advertised.remotePublishersOf(name).filter((one) =>
      !this.#isOut(one, name)
    );
    return [...new Set([...later, ...others])];
  }

  /** Why a publisher may not claim a namespace; undefined when it may. */
  refusalOfNamespace(namespace: Namespace, publisher: Publisher): Refusal | undefined {
    if (this.#options.policyOf(namespace) !== "refuse") return undefined;
    return this.#advertised.isTaken(namespace, publisher) ? TAKEN : undefined;
  }

  /** Why a publisher may not offer a track: by the policy, or since it has lost it to another. */
  refusalOfTrack({ track, feeds }: TrackEntry, publisher: Publisher): Refusal | undefined {
    const { name } = track;
    const others = feeds.publishers.some((one) => one !== publisher);
    if (others && this.#options.policyOf(name.namespace) === "refuse") return TAKEN;
    return this.#claims.winnersOver(publisher, name).some((one) => feeds.has(one))
      ? TAKEN
      : undefined;
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
        !this.#isOut(publisher, track.name);
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
      const local = this.#localPublishersOf(track.name);
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
    const pathChanged = () => feeds.pathChanged();
    const target = { track, feeds, pathChanged, broken: () => feeds.broken() };
    const feed = publisher.subscribe(target, { offered: true });
    this.offer(entry, feed);
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
      others: (lost) => this.#publishersOf(name, lost),
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
    for (const { feed } of kept) if (feed.offered) this.#tellOffered(entry, feed.publisher);
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
  offer(entry: TrackEntry, feed: Feed, forward = entry.feeds.forward): void {
    entry.feeds.offer(feed, forward);
    this.#successors.watch(entry);
    this.#rendezvous.trackCame(entry.track.name);
    this.#tellOffered(entry, feed.publisher);
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
  async open(name: FullTrackName, options: OpenOptions): Promise<Outcome<OpenTrack, Refusal>> {
    const { clock, maxTracks } = this.#options;
    const { signal } = options;
    const deadline = clock.now() + options.rendezvous;
    let reopenings = 0;
    for (;;) {
      const entry = this.entry(name);
      if (entry === undefined) return refused(tooManyTracks(maxTracks));
      const isFirst = entry.feeds.demand === 0;
      const demand = entry.feeds.hold(options.forward);
      // From here on, so that no publisher comes unnoticed while others are asked.
      const publisher = this.#rendezvous.expect(name, options.forward);
      const establishing = this.#establish(entry, options, isFirst);
      this.#successors.watch(entry);
      const outcome = await unlessAborted(establishing, signal);
      if (outcome.ok && entry.track.endReason === undefined && !signal.aborted) {
        publisher.forget();
        return done({ ...entry, demand });
      }
      this.#drop(entry, demand);
      const isReplaced = entry.track.endReason?.kind === "replaced" && !signal.aborted;
      if (isReplaced && reopenings++ < MAX_REOPENINGS) {
        publisher.forget();
        continue;
      }
      const left = deadline - clock.now();
      const refusal = outcome.ok ? GONE : outcome.refusal;
      if (refusal.kind !== "does_not_exist" || left <= 0 || signal.aborted) {
        publisher.forget();
        return refused(this.#tooLate(refusal, options));
      }
      const hasCome = await publisher.comes(left, signal);
      publisher.forget();
      if (!hasCome) return refused(this.#tooLate(refusal, options));
    }
  }

  #tooLate(refusal: Refusal, { rendezvous }: OpenOptions): Refusal {
    if (refusal.kind !== "does_not_exist" || rendezvous === 0) return refusal;
    return { kind: "timeout", reason: "no publisher came in time" };
  }

  async #establish(
    { feeds, track }: TrackEntry,
    { newGroupRequest, past, from, via = [], trace }: OpenOptions,
    isFirst: boolean,
  ): Promise<Outcome<void, Refusal>> {
    const publishers = this.publishersOf(track.name);
    // Who asks for another relay may have another way; if not, it asks again.
    if (via.length > 0 && feeds.isInterrupted) return refused(INTERRUPTED);
    if (!feeds.established) {
      const isAsking = feeds.size > 0;
      const options = {
        via,
        ...(newGroupRequest !== undefined && { newGroupRequest }),
        ...(past === true && { past }),
        ...(from !== undefined && { from }),
        ...(trace !== undefined && { trace }),
      };
      const outcome = isAsking
        ? await this.#join(feeds, { publishers, options })
        : await feeds.connect(publishers, options);
      if (outcome.ok || outcome.refusal.kind !== "does_not_exist") return outcome;
      // Who has the namespace here need not have every track that somebody has in it.
      const others = this.#lastResortsOf(track.name).filter((one) => !publishers.includes(one));
      return others.length > 0 ? await feeds.connect(others, options) : outcome;
    }
    if (feeds.comesBy(via)) return refused(LOOP);
    if (newGroupRequest !== undefined) feeds.requestNewGroup(newGroupRequest);
    // Of a track that was offered and not wanted until now, others may have more.
    if (isFirst && !this.#isForOne(track.name)) {
      void feeds.connect(this.#localPublishersOf(track.name));
    }
    return done(undefined);
  }

  /**
   * Waits for what others have asked for. A refusal may have been meant for the relay that they asked
   * on behalf of, so then it is asked again.
   */
  async #join(
    feeds: Feeds,
    { publishers, options }: { publishers: readonly Publisher[]; options: RequestOptions },
  ): Promise<Outcome<void, Refusal>> {
    const isForRelay = (options.via ?? []).length > 0;
    const ask = () => {
      const asked = feeds.connect(publishers, options);
      return isForRelay ? this.#soon(asked) : asked;
    };
    const outcome = await ask();
    return outcome.ok || outcome.refusal === INTERRUPTED ? outcome : await ask();
  }

  /** The same, unless the others perhaps wait for this very request. */
  #soon(connected: Promise<Outcome<void, Refusal>>): Promise<Outcome<void, Refusal>> {
    return new Promise((resolve) => {
      const late = () => resolve(refused(INTERRUPTED));
      const timer = this.#options.clock.after(RELAY_PATIENCE_MS, late);
      void connected.then((outcome) => {
        timer.cancel();
        resolve(outcome);
      });
    });
  }

  /** Lets go of a track that never came to flow. */
  #drop(entry: TrackEntry, demand: Demand): void {
    demand.release();
    if (entry.feeds.demand === 0 && entry.feeds.size === 0) {
      entry.feeds.abort({ kind: "ended", reason: "nobody publishes the track" });
    }
  }
}

const TAKEN: Refusal = { kind: "uninterested", reason: "another session publishes it" };
const GONE: Refusal = { kind: "does_not_exist", reason: "the track ended" };
// Routes are about to change where this is seen: a moment later it may be otherwise.
const LOOP: Refusal = {
  kind: "timeout",
  reason: "routing loop: the track comes from the requester",
};
const INTERRUPTED: Refusal = {
  kind: "timeout",
  reason: "still searching for the track",
};
const NOT_WANTED: Refusal = { kind: "timeout", reason: "no subscriber waits for the track" };

/** What came of it, or a refusal as soon as nobody is interested any more. */
async function unlessAborted<T>(
  work: Promise<Outcome<T, Refusal>>,
  signal: AbortSignal,
): Promise<Outcome<T, Refusal>> {
  if (signal.aborted) return refused(NOT_WANTED);
  const { promise: aborted, resolve } = Promise.withResolvers<Outcome<T, Refusal>>();
  const abort = () => resolve(refused(NOT_WANTED));
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function tooManyTracks(limit: number): Refusal {
  return {
    kind: "excessive_load",
    reason: `more than ${limit} tracks are in use`,
    retryAfter: 1_000,
  };
}

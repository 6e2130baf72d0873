import { type Clock, done, type Outcome, refused } from "@qumo/shared/runtime";
import {
  type FullTrackName,
  hasPrefix,
  type Namespace,
  namespaceKey,
  trackKey,
} from "@qumo/shared/wire";
import type { Cache } from "./cache.ts";
import type { Refusal } from "./errors.ts";
import { type Demand, type Feed, Feeds, type TrackEntry } from "./feeds.ts";
import { NamespaceTree } from "./namespaces.ts";
import type { Publisher } from "./publisher.ts";
import { Track } from "./track.ts";

/** Settings of {@linkcode Scope}. */
export interface ScopeOptions {
  readonly clock: Clock;
  readonly cache: Cache;
  /** Milliseconds that a track is kept flowing after the last subscriber left. */
  readonly linger: number;
  /** Tracks at a time; a request for one more is refused. */
  readonly maxTracks: number;
  /** Gives out track aliases, which no two tracks of the relay share. */
  readonly nextAlias: () => bigint;
}

/** Told of namespaces as they come and go. Calls are synchronous and must not throw. */
export interface NamespaceWatcher {
  added(namespace: Namespace): void;
  removed(namespace: Namespace): void;
}

/** Told of tracks that publishers offer. Calls are synchronous and must not throw. */
export interface TrackWatcher {
  offered(entry: TrackEntry, by: Publisher): void;
}

/** A subscriber's hold on a track that flows. */
export interface OpenTrack extends TrackEntry {
  readonly demand: Demand;
}

/** What a subscriber asks of a track before it can have it. */
export interface OpenOptions {
  /** Milliseconds to wait for a publisher where there is none. */
  readonly rendezvous: number;
  readonly forward: boolean;
  readonly newGroupRequest?: bigint;
  /** Aborted when the subscriber no longer wants it. */
  readonly signal: AbortSignal;
}

interface Advertisement {
  readonly namespace: Namespace;
  readonly publisher: Publisher;
}

/** Somebody who waits for a publisher of a track. */
interface Waiter {
  readonly track: string;
  readonly wake: () => void;
}

/**
 * One world of names: sessions of the same scope see each other's namespaces and tracks
 * (#track-scope). It routes requests to publishers and knows every track that is in use.
 */
export class Scope {
  readonly #options: ScopeOptions;
  readonly #entries = new Map<string, TrackEntry>();
  readonly #advertised = new NamespaceTree<Advertisement>();
  readonly #namespaceWatchers = new NamespaceTree<NamespaceWatcher>();
  readonly #trackWatchers = new NamespaceTree<TrackWatcher>();
  readonly #waiting = new NamespaceTree<Waiter>();

  constructor(options: ScopeOptions) {
    this.#options = options;
  }

  /** The tracks in use. */
  get tracks(): Iterable<TrackEntry> {
    return this.#entries.values();
  }

  get trackCount(): number {
    return this.#entries.size;
  }

  /** Whether nothing is in use any more. */
  get isIdle(): boolean {
    return this.#entries.size + this.#advertised.size + this.#namespaceWatchers.size +
        this.#trackWatchers.size + this.#waiting.size === 0;
  }

  /** The track of this name, if it is in use. */
  find(name: FullTrackName): TrackEntry | undefined {
    return this.#entries.get(trackKey(name));
  }

  /** Publishers of this namespace or a prefix of it. */
  publishersOf(namespace: Namespace): Publisher[] {
    const found = new Set<Publisher>();
    for (const { publisher } of this.#advertised.prefixesOf(namespace)) found.add(publisher);
    return [...found];
  }

  /**
   * A publisher has tracks in this namespace. Subscriptions that others serve are sent to it too, and
   * those that wait for a publisher go on. The result withdraws it.
   */
  advertise(namespace: Namespace, publisher: Publisher): () => void {
    const advertisement: Advertisement = { namespace, publisher };
    const isNew = this.#advertised.at(namespace).size === 0;
    this.#advertised.add(namespace, advertisement);
    if (isNew) {
      for (const watcher of [...this.#namespaceWatchers.prefixesOf(namespace)]) {
        watcher.added(namespace);
      }
    }
    for (const { track, feeds } of [...this.#entries.values()]) {
      const isWanted = feeds.demand > 0 && feeds.size > 0;
      if (isWanted && hasPrefix(track.name.namespace, namespace)) void feeds.connect([publisher]);
    }
    for (const { wake } of [...this.#waiting.under(namespace)]) wake();
    return () => this.#withdraw(advertisement);
  }

  #withdraw(advertisement: Advertisement): void {
    const { namespace } = advertisement;
    if (!this.#advertised.at(namespace).has(advertisement)) return;
    this.#advertised.delete(namespace, advertisement);
    if (this.#advertised.at(namespace).size > 0) return;
    for (const watcher of [...this.#namespaceWatchers.prefixesOf(namespace)]) {
      watcher.removed(namespace);
    }
  }

  /** The namespaces under a prefix, now and from now on. The result ends it. */
  watchNamespaces(prefix: Namespace, watcher: NamespaceWatcher): () => void {
    this.#namespaceWatchers.add(prefix, watcher);
    for (const namespace of this.namespacesUnder(prefix)) watcher.added(namespace);
    return () => this.#namespaceWatchers.delete(prefix, watcher);
  }

  /** The namespaces that are published under a prefix. */
  namespacesUnder(prefix: Namespace): Namespace[] {
    const found = new Map<string, Namespace>();
    for (const { namespace } of this.#advertised.under(prefix)) {
      found.set(namespaceKey(namespace), namespace);
    }
    return [...found.values()];
  }

  /** The tracks that publishers offer under a prefix, now and from now on. The result ends it. */
  watchTracks(prefix: Namespace, watcher: TrackWatcher): () => void {
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
    const track = new Track(name, this.#options.nextAlias(), this.#options.cache);
    const onGone = () => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    };
    const { clock, linger } = this.#options;
    const entry: TrackEntry = { track, feeds: new Feeds(track, { clock, linger, onGone }) };
    this.#entries.set(key, entry);
    return entry;
  }

  /** A publisher offers a track itself, by a feed that is established. */
  offer(entry: TrackEntry, feed: Feed): void {
    entry.feeds.offer(feed);
    const { namespace } = entry.track.name;
    const key = trackKey(entry.track.name);
    for (const { track, wake } of [...this.#waiting.at(namespace)]) if (track === key) wake();
    for (const watcher of [...this.#trackWatchers.prefixesOf(namespace)]) {
      watcher.offered(entry, feed.publisher);
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
    for (;;) {
      const entry = this.entry(name);
      if (entry === undefined) return refused(tooManyTracks(maxTracks));
      const isFirst = entry.feeds.demand === 0;
      const demand = entry.feeds.hold(options.forward);
      // From here on, so that no publisher comes unnoticed while others are asked.
      const publisher = this.#expectPublisher(name);
      const establishing = this.#establish(entry, options, isFirst);
      const outcome = await unlessAborted(establishing, signal);
      if (outcome.ok && entry.track.endReason === undefined && !signal.aborted) {
        publisher.forget();
        return done({ ...entry, demand });
      }
      this.#drop(entry, demand);
      const left = deadline - clock.now();
      const refusal = outcome.ok ? GONE : outcome.refusal;
      if (refusal.kind !== "does_not_exist" || left <= 0 || signal.aborted) {
        publisher.forget();
        return refused(this.#tooLate(refusal, options));
      }
      const hasCome = await this.#comes(publisher.came, left, signal);
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
    { newGroupRequest }: OpenOptions,
    isFirst: boolean,
  ): Promise<Outcome<void, Refusal>> {
    const publishers = this.publishersOf(track.name.namespace);
    if (!feeds.established) return await feeds.connect(publishers, newGroupRequest);
    if (newGroupRequest !== undefined) feeds.requestNewGroup(newGroupRequest);
    // Of a track that was offered and not wanted until now, others may have more.
    if (isFirst) void feeds.connect(publishers);
    return done(undefined);
  }

  /** Lets go of a track that never came to flow. */
  #drop(entry: TrackEntry, demand: Demand): void {
    demand.release();
    if (entry.feeds.demand === 0 && entry.feeds.size === 0) {
      entry.feeds.abort({ kind: "ended", reason: "nobody publishes the track" });
    }
  }

  #expectPublisher(name: FullTrackName): { readonly came: Promise<void>; forget(): void } {
    const { promise: came, resolve: wake } = Promise.withResolvers<void>();
    const waiter: Waiter = { track: trackKey(name), wake };
    this.#waiting.add(name.namespace, waiter);
    return { came, forget: () => this.#waiting.delete(name.namespace, waiter) };
  }

  /** Whether a publisher came within `wait` milliseconds, and somebody still asks. */
  #comes(came: Promise<void>, wait: number, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const over = (hasCome: boolean) => {
        timer.cancel();
        signal.removeEventListener("abort", abort);
        resolve(hasCome);
      };
      const abort = () => over(false);
      const timer = this.#options.clock.after(wait, abort);
      signal.addEventListener("abort", abort);
      void came.then(() => over(true));
    });
  }
}

const GONE: Refusal = { kind: "does_not_exist", reason: "the track ended" };
const NOT_WANTED: Refusal = { kind: "timeout", reason: "nobody waits for the track any more" };

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

import type { Clock } from "@qumo/shared/runtime";
import {
  type FullTrackName,
  hasPrefix,
  type Namespace,
  namespaceKey,
  trackKey,
} from "@qumo/shared/wire";
import { NamespaceTree } from "./namespaces.ts";
import type { Publisher } from "../sources/publisher.ts";

/** Whether a publisher is here, or can be reached by way of other relays. */
export type Origin = "local" | "remote";

/** What somebody who watches is to see. */
export type NamespaceView =
  /** The whole mesh. */
  | "all"
  /** What is published at this relay. */
  | "local"
  /** The whole mesh, but for what relays pass on that are none of ours. */
  | "no_other_relays"
  /** What is published at this relay, but for what such relays pass on. */
  | "local_no_other_relays";

/** Told of namespaces as they come and go. Calls are synchronous and must not throw. */
export interface NamespaceWatcher {
  added(namespace: Namespace): void;
  removed(namespace: Namespace): void;
  /**
   * A publisher takes over from another: what there was of the namespace ends, and it is there again in
   * a moment, which `renewed` tells unless it was removed.
   */
  renewing?(namespace: Namespace): void;
  renewed?(namespace: Namespace): void;
}

/** Told of what this relay's own publishers have. Calls are synchronous and must not throw. */
export interface LocalWatcher {
  /** The first publisher here of this namespace. */
  advertised(namespace: Namespace): void;
  withdrawn(namespace: Namespace): void;
  /** A publisher here pushes this track itself. */
  offered(name: FullTrackName): void;
  retracted(name: FullTrackName): void;
}

interface Advertisement {
  readonly namespace: Namespace;
  readonly publisher: Publisher;
  readonly origin: Origin;
  /** When it was announced, in the clock's milliseconds. */
  readonly since: number;
  /** Whether it comes from a relay that is none of ours. */
  readonly isPassedOn: boolean;
}

const VIEWS: Readonly<Record<NamespaceView, (one: Advertisement) => boolean>> = {
  all: () => true,
  local: ({ origin }) => origin === "local",
  no_other_relays: ({ isPassedOn }) => !isPassedOn,
  local_no_other_relays: ({ origin, isPassedOn }) => origin === "local" && !isPassedOn,
};

/** A namespace, and everybody who publishes it. */
export interface AdvertisedNamespace {
  readonly namespace: Namespace;
  readonly publishers: readonly Publisher[];
}

/** A track that a publisher elsewhere pushes. */
export interface RemoteTrack {
  readonly name: FullTrackName;
  readonly publisher: Publisher;
}

interface Watch {
  readonly watcher: NamespaceWatcher;
  readonly view: NamespaceView;
}

/** Who publishes which namespace, here and elsewhere, and who wants to know. */
export class Advertisements {
  readonly #clock: Clock;
  readonly #local: LocalWatcher | undefined;
  readonly #advertised = new NamespaceTree<Advertisement>();
  readonly #watches = new NamespaceTree<Watch>();
  readonly #remoteTracks = new Map<string, RemoteTrack & { readonly since: number }>();
  #localCount = 0;

  /** `local` is told of what is published here. */
  constructor(clock: Clock, local?: LocalWatcher) {
    this.#clock = clock;
    this.#local = local;
  }

  /** Whether nothing is published here and nobody watches. */
  get isIdle(): boolean {
    return this.#localCount + this.#watches.size === 0;
  }

  /** A publisher has tracks in this namespace. The result withdraws it. */
  add(namespace: Namespace, publisher: Publisher, origin: Origin): () => void {
    const advertisement: Advertisement = {
      namespace,
      publisher,
      origin,
      since: this.#clock.now(),
      isPassedOn: publisher.isOtherRelay === true,
    };
    const before = this.#at(namespace);
    this.#advertised.add(namespace, advertisement);
    if (origin === "local") this.#localCount++;
    this.#tell(namespace, before);
    return () => this.#withdraw(advertisement);
  }

  /** A single track is published elsewhere, outside of every namespace that is. The result withdraws it. */
  addRemoteTrack(name: FullTrackName, publisher: Publisher): () => void {
    const key = trackKey(name);
    this.#remoteTracks.set(key, { name, publisher, since: this.#clock.now() });
    return () => this.#remoteTracks.delete(key);
  }

  /** The tracks under a prefix that publishers elsewhere push. */
  remoteTracksUnder(prefix: Namespace): RemoteTrack[] {
    return [...this.#remoteTracks.values()].filter(({ name }) => hasPrefix(name.namespace, prefix));
  }

  /**
   * Tells those who watch that what there is of namespaces is about to begin anew, or has begun, under
   * whatever prefixes they are announced.
   */
  tellOfRenewal(namespaces: readonly Namespace[], stage: "renewing" | "renewed"): void {
    const found = new Map<string, Namespace>();
    for (const namespace of namespaces) {
      for (const { namespace: announced } of this.#advertised.prefixesOf(namespace)) {
        found.set(namespaceKey(announced), announced);
      }
    }
    for (const announced of found.values()) {
      const seen = this.#at(announced);
      for (const { watcher, view } of [...this.#watches.prefixesOf(announced)]) {
        if (seen[view]) watcher[stage]?.(announced);
      }
    }
  }

  /** The widest namespace that a publisher has of those that this one is in; undefined when it has none. */
  widestOf(publisher: Publisher, namespace: Namespace): Namespace | undefined {
    for (const one of this.#advertised.prefixesOf(namespace)) {
      if (one.publisher === publisher) return one.namespace;
    }
    return undefined;
  }

  /** Whether somebody else than a publisher has announced this very namespace. */
  isTaken(namespace: Namespace, publisher: Publisher): boolean {
    return [...this.#advertised.at(namespace)].some((one) => one.publisher !== publisher);
  }

  /** Publishers here that have the namespace of a track. */
  localPublishersOf(name: FullTrackName, except?: Publisher): Publisher[] {
    const found = new Set<Publisher>();
    for (const { publisher, origin } of this.#advertised.prefixesOf(name.namespace)) {
      if (origin === "local" && publisher !== except) found.add(publisher);
    }
    return [...found];
  }

  /** Of those here that have the namespace of a track, who was the first to announce it. */
  firstLocalOf(name: FullTrackName, isAsked: (publisher: Publisher) => boolean): Publisher[] {
    let first: Advertisement | undefined;
    for (const one of this.#advertised.prefixesOf(name.namespace)) {
      if (one.origin !== "local" || !isAsked(one.publisher)) continue;
      if (first === undefined || one.since < first.since) first = one;
    }
    return first === undefined ? [] : [first.publisher];
  }

  /** The way to publishers elsewhere that have the namespace of a track, or push it. */
  remotePublishersOf(name: FullTrackName, except?: Publisher): Publisher[] {
    const remote = new Set<Publisher>();
    for (const { publisher, origin } of this.#advertised.prefixesOf(name.namespace)) {
      if (origin === "remote") remote.add(publisher);
    }
    const track = this.#remoteTracks.get(trackKey(name));
    if (track !== undefined) remote.add(track.publisher);
    if (except !== undefined) remote.delete(except);
    return [...remote];
  }

  /**
   * The way to publishers elsewhere who announced a track later than everybody here, where somebody has
   * had it here since `since`.
   */
  laterElsewhere(name: FullTrackName, since: number): Publisher[] {
    const found = [...this.#advertised.prefixesOf(name.namespace)];
    const local = found.filter(({ origin }) => origin === "local");
    const newest = local.length === 0 ? since : Math.max(...local.map(({ since }) => since));
    const remote: { publisher: Publisher; since: number }[] = found
      .filter(({ origin }) => origin === "remote");
    const track = this.#remoteTracks.get(trackKey(name));
    if (track !== undefined) remote.push(track);
    const later = remote.filter(({ since }) => since > newest);
    return [...new Set(later.map(({ publisher }) => publisher))];
  }

  /** The namespaces under a prefix, now and from now on. The result ends it. */
  watch(prefix: Namespace, watcher: NamespaceWatcher, view: NamespaceView): () => void {
    const watch: Watch = { watcher, view };
    this.#watches.add(prefix, watch);
    for (const namespace of this.under(prefix, view)) watcher.added(namespace);
    return () => this.#watches.delete(prefix, watch);
  }

  /** Whether a publisher here has a namespace, a prefix of it, or one under it. */
  hasLocal(namespace: Namespace): boolean {
    for (const { origin } of this.#advertised.prefixesOf(namespace)) {
      if (origin === "local") return true;
    }
    for (const { origin } of this.#advertised.under(namespace)) {
      if (origin === "local") return true;
    }
    return false;
  }

  /** Whether somebody watches a prefix of a namespace, and has seen nothing under any prefix. */
  isAwaited(namespace: Namespace): boolean {
    const isWatched = !this.#watches.prefixesOf(namespace)[Symbol.iterator]().next().done;
    return isWatched && this.#advertised.size === 0;
  }

  /** Every namespace that is published, with its publishers. */
  all(): Iterable<AdvertisedNamespace> {
    const found = new Map<string, { namespace: Namespace; publishers: Publisher[] }>();
    for (const { namespace, publisher } of this.#advertised.under([])) {
      const key = namespaceKey(namespace);
      const known = found.get(key);
      if (known === undefined) found.set(key, { namespace, publishers: [publisher] });
      else known.publishers.push(publisher);
    }
    return found.values();
  }

  /** The namespaces that are published under a prefix. */
  under(prefix: Namespace, view: NamespaceView): Namespace[] {
    const found = new Map<string, Namespace>();
    for (const one of this.#advertised.under(prefix)) {
      if (VIEWS[view](one)) found.set(namespaceKey(one.namespace), one.namespace);
    }
    return [...found.values()];
  }

  #withdraw(advertisement: Advertisement): void {
    const { namespace, origin } = advertisement;
    if (!this.#advertised.at(namespace).has(advertisement)) return;
    const before = this.#at(namespace);
    this.#advertised.delete(namespace, advertisement);
    if (origin === "local") this.#localCount--;
    this.#tell(namespace, before);
  }

  #at(namespace: Namespace): Record<NamespaceView, boolean> {
    const at = [...this.#advertised.at(namespace)];
    return {
      all: at.length > 0,
      local: at.some(VIEWS.local),
      no_other_relays: at.some(VIEWS.no_other_relays),
      local_no_other_relays: at.some(VIEWS.local_no_other_relays),
    };
  }

  #tell(namespace: Namespace, before: Record<NamespaceView, boolean>): void {
    const after = this.#at(namespace);
    if (after.local && !before.local) this.#local?.advertised(namespace);
    if (!after.local && before.local) this.#local?.withdrawn(namespace);
    for (const { watcher, view } of [...this.#watches.prefixesOf(namespace)]) {
      if (after[view] && !before[view]) watcher.added(namespace);
      if (!after[view] && before[view]) watcher.removed(namespace);
    }
  }
}

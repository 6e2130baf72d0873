import type { Clock } from "@qumo/shared/runtime";
import {
  type FullTrackName,
  hasPrefix,
  type Namespace,
  namespaceKey,
  trackKey,
} from "@qumo/shared/wire";
import { CarriedNamespaces } from "./carried.ts";
import { NamespaceTree } from "./namespaces.ts";
import type { Publisher } from "../sources/publisher.ts";
import type { AnnouncedRoute, RouteTold } from "./announced_route.ts";
import type {
  LocalListener,
  NamespaceListener,
  NamespaceVisibility,
  Origin,
} from "./namespace_listener.ts";

interface Advertisement extends AnnouncedRoute {
  readonly namespace: Namespace;
  readonly origin: Origin;
  isCarried: boolean;
}

const VIEWS: Readonly<Record<NamespaceVisibility, (one: Advertisement) => boolean>> = {
  all: () => true,
  local: ({ origin }) => origin === "local",
  no_other_relays: ({ isPassedOn }) => !isPassedOn,
  local_no_other_relays: ({ origin, isPassedOn }) => origin === "local" && !isPassedOn,
};

/** A namespace and its publishers. */
export interface AdvertisedNamespace {
  readonly namespace: Namespace;
  readonly publishers: readonly Publisher[];
}

/** A track that a remote publisher offers. */
export interface RemoteTrack {
  readonly name: FullTrackName;
  readonly publisher: Publisher;
}

interface Watch {
  readonly listener: NamespaceListener;
  readonly view: NamespaceVisibility;
}

/** The published namespaces, local and remote, and their watchers. */
export class Advertisements {
  readonly #clock: Clock;
  readonly #local: LocalListener | undefined;
  readonly #advertised = new NamespaceTree<Advertisement>();
  readonly #watches = new NamespaceTree<Watch>();
  readonly #carried = new CarriedNamespaces();
  readonly #remoteTracks = new Map<string, RemoteTrack & { readonly since: number }>();
  #localCount = 0;

  /** `local` is notified of what is published at this relay. */
  constructor(clock: Clock, local?: LocalListener) {
    this.#clock = clock;
    this.#local = local;
  }

  /** Whether nothing is published at this relay and there is no listener. */
  get isIdle(): boolean {
    return this.#localCount + this.#watches.size === 0;
  }

  /** Adds a publisher of a namespace; the returned function removes it. */
  add(
    namespace: Namespace,
    publisher: Publisher,
    { origin, hops, cost, isPassedOn = false }: RouteTold & { readonly origin: Origin },
  ): () => void {
    const advertisement: Advertisement = {
      namespace,
      publisher,
      origin,
      hops,
      cost,
      since: this.#clock.now(),
      // The last hop is the publisher.
      isCarried: this.#carried.has(publisher, namespace),
      isPassedOn: isPassedOn || publisher.isOtherRelay === true || hops.length > 1,
    };
    const before = this.#at(namespace);
    this.#advertised.add(namespace, advertisement);
    if (origin === "local") this.#localCount++;
    this.#tell(namespace, before);
    return () => this.#withdraw(advertisement);
  }

  /** A track in a namespace is received from a publisher, or no more: its routes cost less, or more. */
  carries(publisher: Publisher, namespace: Namespace, isCarried: boolean): void {
    if (!this.#carried.note(publisher, namespace, isCarried)) return;
    for (const one of [...this.#advertised.prefixesOf(namespace)]) {
      if (one.publisher !== publisher) continue;
      const before = one.isCarried;
      one.isCarried = this.#carried.has(publisher, one.namespace);
      if (one.isCarried !== before) this.#tellRoutes(one.namespace);
    }
  }

  /** Adds a remote track that is in no remote namespace; the returned function removes it. */
  addRemoteTrack(name: FullTrackName, publisher: Publisher): () => void {
    const key = trackKey(name);
    this.#remoteTracks.set(key, { name, publisher, since: this.#clock.now() });
    return () => this.#remoteTracks.delete(key);
  }

  /** The tracks under a prefix that remote publishers offer. */
  remoteTracksUnder(prefix: Namespace): RemoteTrack[] {
    return [...this.#remoteTracks.values()].filter(({ name }) => hasPrefix(name.namespace, prefix));
  }

  /** Notifies watchers, under all prefixes, that namespaces are being renewed or were renewed. */
  tellOfRenewal(namespaces: readonly Namespace[], stage: "renewing" | "renewed"): void {
    const found = new Map<string, Namespace>();
    for (const namespace of namespaces) {
      for (const { namespace: announced } of this.#advertised.prefixesOf(namespace)) {
        found.set(namespaceKey(announced), announced);
      }
    }
    for (const announced of found.values()) {
      const seen = this.#at(announced);
      for (const { listener, view } of [...this.#watches.prefixesOf(announced)]) {
        if (seen[view]) listener[stage]?.(announced);
      }
    }
  }

  /**
   * The shortest announced namespace of a publisher that contains this one; undefined when there is
   * none.
   */
  widestOf(publisher: Publisher, namespace: Namespace): Namespace | undefined {
    for (const one of this.#advertised.prefixesOf(namespace)) {
      if (one.publisher === publisher) return one.namespace;
    }
    return undefined;
  }

  /** Whether another publisher has announced exactly this namespace. */
  isTaken(namespace: Namespace, publisher: Publisher): boolean {
    return [...this.#advertised.at(namespace)].some((one) => one.publisher !== publisher);
  }

  /** Local publishers of the namespace of a track. */
  localPublishersOf(name: FullTrackName, except?: Publisher): Publisher[] {
    const found = new Set<Publisher>();
    for (const { publisher, origin } of this.#advertised.prefixesOf(name.namespace)) {
      if (origin === "local" && publisher !== except) found.add(publisher);
    }
    return [...found];
  }

  /** The first of the local publishers that announced the namespace of a track. */
  firstLocalOf(name: FullTrackName, isAsked: (publisher: Publisher) => boolean): Publisher[] {
    let first: Advertisement | undefined;
    for (const one of this.#advertised.prefixesOf(name.namespace)) {
      if (one.origin !== "local" || !isAsked(one.publisher)) continue;
      if (first === undefined || one.since < first.since) first = one;
    }
    return first === undefined ? [] : [first.publisher];
  }

  /** Remote publishers of the namespace of a track, or of the track itself. */
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
   * Remote publishers that announced a track after every local one, if there has been a local one
   * since `since`.
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

  /**
   * Reports the namespaces under a prefix, now and when they change. The returned function stops
   * it.
   */
  watch(prefix: Namespace, listener: NamespaceListener, view: NamespaceVisibility): () => void {
    const watch: Watch = { listener, view };
    this.#watches.add(prefix, watch);
    for (const namespace of this.under(prefix, view)) {
      listener.added(namespace);
      listener.routed?.(namespace, this.#routesTo(namespace, view));
    }
    return () => this.#watches.delete(prefix, watch);
  }

  /** Whether a local publisher has a namespace, a prefix of it, or one under it. */
  hasLocal(namespace: Namespace): boolean {
    for (const { origin } of this.#advertised.prefixesOf(namespace)) {
      if (origin === "local") return true;
    }
    for (const { origin } of this.#advertised.under(namespace)) {
      if (origin === "local") return true;
    }
    return false;
  }

  /** Whether a listener of a prefix of a namespace has seen no namespace so far. */
  isAwaited(namespace: Namespace): boolean {
    const isWatched = !this.#watches.prefixesOf(namespace)[Symbol.iterator]().next().done;
    return isWatched && this.#advertised.size === 0;
  }

  /** Every published namespace with its publishers. */
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

  /** The published namespaces under a prefix. */
  under(prefix: Namespace, view: NamespaceVisibility): Namespace[] {
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

  #at(namespace: Namespace): Record<NamespaceVisibility, boolean> {
    const at = [...this.#advertised.at(namespace)];
    return {
      all: at.length > 0,
      local: at.some(VIEWS.local),
      no_other_relays: at.some(VIEWS.no_other_relays),
      local_no_other_relays: at.some(VIEWS.local_no_other_relays),
    };
  }

  #tell(namespace: Namespace, before: Record<NamespaceVisibility, boolean>): void {
    const after = this.#at(namespace);
    if (!after.local && before.local) this.#local?.withdrawn(namespace);
    if (after.local || before.local) {
      this.#local?.routed(namespace, this.#routesTo(namespace, "local"));
    }
    // Who hears of the namespace knows its routes already.
    if (after.local && !before.local) this.#local?.advertised(namespace);
    for (const { listener, view } of [...this.#watches.prefixesOf(namespace)]) {
      if (after[view] && !before[view]) listener.added(namespace);
      if (!after[view] && before[view]) listener.removed(namespace);
      listener.routed?.(namespace, this.#routesTo(namespace, view));
    }
  }

  #tellRoutes(namespace: Namespace): void {
    for (const { listener, view } of [...this.#watches.prefixesOf(namespace)]) {
      const routes = this.#routesTo(namespace, view);
      if (routes.length > 0) listener.routed?.(namespace, routes);
    }
  }

  #routesTo(namespace: Namespace, view: NamespaceVisibility): AnnouncedRoute[] {
    return [...this.#advertised.at(namespace)].filter(VIEWS[view]);
  }
}

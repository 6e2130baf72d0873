import { hasPrefix, type Namespace } from "@qumo/shared/wire";
import type { TrackEntry } from "../sources/track_entry.ts";
import type { Publisher } from "../sources/publisher.ts";
import { NamespaceTree } from "./namespaces.ts";

/** Notified of tracks that publishers offer. Calls are synchronous and must not throw. */
export interface TrackListener {
  offered(entry: TrackEntry, by: Publisher): void;
}

/** Who is told of the tracks that are offered under a prefix. */
export class TrackWatchers {
  readonly #listeners = new NamespaceTree<TrackListener>();

  get isEmpty(): boolean {
    return this.#listeners.size === 0;
  }

  /** Whether somebody is told of tracks in this namespace. */
  isWatched(namespace: Namespace): boolean {
    return !this.#listeners.prefixesOf(namespace)[Symbol.iterator]().next().done;
  }

  /** Adds a listener, and tells it of what is offered already; the returned function removes it. */
  add(prefix: Namespace, listener: TrackListener, entries: readonly TrackEntry[]): () => void {
    this.#listeners.add(prefix, listener);
    for (const entry of entries) {
      if (!hasPrefix(entry.track.name.namespace, prefix)) continue;
      for (const publisher of entry.feeds.offering) listener.offered(entry, publisher);
    }
    return () => this.#listeners.delete(prefix, listener);
  }

  /** A publisher offers a track. */
  tell(entry: TrackEntry, by: Publisher): void {
    for (const listener of [...this.#listeners.prefixesOf(entry.track.name.namespace)]) {
      listener.offered(entry, by);
    }
  }
}

import { hasPrefix, type Namespace } from "@qumo/shared/wire";
import type { TrackEntry } from "../sources/track_entry.ts";
import type { Publisher } from "../sources/publisher.ts";
import type { Replacement } from "../sources/replacement.ts";
import type { Successors } from "../sources/successors.ts";
import type { Advertisements } from "./advertisements.ts";
import type { Origin } from "./namespace_listener.ts";
import type { Candidates } from "./candidates.ts";
import type { Claims } from "./claims.ts";

/** The dependencies of {@linkcode PublisherChanges}. */
export interface PublisherChangesParts {
  readonly advertised: Advertisements;
  readonly claims: Claims;
  readonly candidates: Candidates;
  readonly successors: Successors;
  /** The tracks in use. */
  readonly entries: () => TrackEntry[];
}

/**
 * Applies to the tracks in use what becomes of the publishers of their namespaces: one comes, one
 * withdraws, or one takes over from others.
 */
export class PublisherChanges {
  readonly #parts: PublisherChangesParts;

  constructor(parts: PublisherChangesParts) {
    this.#parts = parts;
  }

  /** A publisher announced a namespace: a local one is also asked for tracks that others deliver. */
  came(namespace: Namespace, publisher: Publisher, origin: Origin): void {
    const { advertised, candidates, successors } = this.#parts;
    // Objects are only compared with those of local publishers.
    if (!advertised.hasLocal(namespace)) return;
    for (const entry of this.#parts.entries()) {
      const { track, feeds } = entry;
      if (origin === "remote") {
        successors.watch(entry);
        continue;
      }
      const isWanted = this.#takesAnother(entry) &&
        hasPrefix(track.name.namespace, namespace) &&
        !candidates.isOut(publisher, track.name);
      if (!isWanted) continue;
      void feeds.connect([publisher]);
      successors.watch(entry);
    }
  }

  /** Whether a track with subscribers is also requested from a publisher that comes later. */
  #takesAnother({ track, feeds }: TrackEntry): boolean {
    if (feeds.demand === 0 || feeds.size === 0) return false;
    return feeds.isInterrupted || !this.#parts.candidates.isForOne(track.name);
  }

  /** A publisher withdrew a namespace. After a remote one those may continue that lost to it. */
  withdrew(namespace: Namespace, publisher: Publisher, origin: Origin): void {
    const { advertised, candidates, claims } = this.#parts;
    claims.left(publisher, namespace);
    if (origin === "local" || !advertised.hasLocal(namespace)) return;
    for (const { track, feeds } of this.#parts.entries()) {
      if (!feeds.isInterrupted || feeds.demand === 0) continue;
      if (!hasPrefix(track.name.namespace, namespace)) continue;
      const local = candidates.localPublishersOf(track.name);
      if (local.length > 0) void feeds.connect(local);
    }
  }

  /**
   * A publisher took a track over: the others lose everything that it has in the namespace. Whether it
   * is the first takeover between them.
   */
  replaced({ winner, losers, track: { namespace: own } }: Replacement): boolean {
    const { advertised, claims } = this.#parts;
    const namespace = advertised.widestOf(winner, own) ?? own;
    let isNew = losers.length === 0;
    for (const loser of losers) {
      if (!claims.lost(loser, winner, namespace)) continue;
      isNew = true;
      for (const { track, feeds } of this.#parts.entries()) {
        if (!hasPrefix(track.name.namespace, namespace) || !feeds.has(loser)) continue;
        // A remote winner may have been asked for this one track only.
        if (feeds.has(winner)) feeds.yieldTo(winner, loser);
        else if (feeds.demand > 0) void feeds.connect([winner]);
      }
    }
    return isNew;
  }
}

import { type FullTrackName, trackKey } from "@qumo/shared/wire";
import { Track } from "../objects/track.ts";
import { Feeds } from "../sources/feeds.ts";
import type { KeptFeed } from "../sources/feeds_options.ts";
import type { Successors } from "../sources/successors.ts";
import type { TrackEntry } from "../sources/track_entry.ts";
import type { Advertisements } from "./advertisements.ts";
import type { Candidates } from "./candidates.ts";
import type { Claims } from "./claims.ts";
import type { Discovery } from "./discovery.ts";
import type { PublisherChanges } from "./publisher_changes.ts";
import type { Renewals } from "./renewals.ts";
import type { ScopeOptions } from "./scope_options.ts";

/** What {@linkcode TracksInUse} works with. */
export interface TracksInUseParts {
  readonly options: ScopeOptions;
  readonly advertised: Advertisements;
  readonly claims: Claims;
  readonly candidates: Candidates;
  readonly successors: Successors;
  readonly changes: PublisherChanges;
  readonly renewals: Renewals;
  /** Finds what other relays have, where not all of that is advertised. */
  readonly discovery: () => Discovery | undefined;
  /** A track has ended, and goes on as this one with the feeds that were kept. */
  readonly onRenewed: (entry: TrackEntry, kept: readonly KeptFeed[]) => void;
}

/** The tracks of a scope that somebody publishes or wants, each with its feeds. */
export class TracksInUse {
  readonly #parts: TracksInUseParts;
  readonly #entries = new Map<string, TrackEntry>();

  constructor(parts: TracksInUseParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#entries.size;
  }

  all(): Iterable<TrackEntry> {
    return this.#entries.values();
  }

  find(name: FullTrackName): TrackEntry | undefined {
    return this.#entries.get(trackKey(name));
  }

  /** The entry of a track, created if there is none. Undefined when there are too many tracks. */
  entry(name: FullTrackName): TrackEntry | undefined {
    const known = this.find(name);
    if (known !== undefined) return known;
    const { options, successors, discovery } = this.#parts;
    if (this.#entries.size >= options.maxTracks) return undefined;
    const { nextTrackNumber, cache, archive, clock, path } = options;
    const track = new Track(name, nextTrackNumber(), cache, archive?.recorderOf(path, name));
    const key = trackKey(name);
    const found = discovery()?.follow(name.namespace, "namespace");
    const feeds = this.#newFeeds(track, {
      onGone: () => {
        found?.end();
        successors.forget(entry);
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
      onLeft: () => successors.watch(entry),
    });
    const entry: TrackEntry = { path, since: clock.now(), track, feeds };
    this.#entries.set(key, entry);
    return entry;
  }

  #newFeeds(
    track: Track,
    { onGone, onLeft }: { readonly onGone: () => void; readonly onLeft: () => void },
  ): Feeds {
    const { options, advertised, claims, candidates, changes, renewals } = this.#parts;
    const { clock, linger, local, policyOf, onReplaced } = options;
    const { name } = track;
    const { namespace } = name;
    return new Feeds(track, {
      clock,
      linger,
      onGone,
      policy: policyOf(namespace),
      renew: (kept) => this.#parts.onRenewed(this.entry(name)!, kept),
      onReplaced: (replacement) => onReplaced(replacement, changes.replaced(replacement)),
      onRenewed: () => renewals.add(namespace),
      onLeft: (publisher) => {
        if (advertised.widestOf(publisher, namespace) === undefined) {
          claims.left(publisher, namespace);
        }
        onLeft();
      },
      others: (lost) => candidates.publishersOf(name, lost),
      onOffered: (offered) => offered ? local?.offered(name) : local?.retracted(name),
      onCarried: (publisher, isCarried) => advertised.carries(publisher, namespace, isCarried),
    });
  }
}

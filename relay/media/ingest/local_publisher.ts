import { type Clock, done, type Outcome, refused } from "@qumo/shared/runtime";
import { type FullTrackName, trackKey } from "@qumo/shared/wire";
import {
  type FeedTarget,
  type FetchAnswer,
  type FetchRequest,
  type FetchSink,
  type PendingFetch,
  type Publisher,
  type Refusal,
  type Renderer,
  type Scope,
  type Source,
  sourceOf,
  tokenOf,
  type TrackEnd,
  type TrackStatus,
} from "../../track/mod.ts";
import type { DropReason } from "../../vocabulary/mod.ts";
import { LocalFeed } from "./local_feed.ts";
import type { IngestMetrics } from "./metrics.ts";
import type { PublishedTrack } from "./published_track.ts";

/** The dependencies of {@linkcode LocalPublisher}. */
export interface LocalPublisherParts {
  /** Its number among the relay's sessions, which tells who came later. */
  readonly id: number;
  readonly relayName: string;
  readonly scope: Scope;
  readonly renderer: Renderer;
  readonly metrics: IngestMetrics;
  readonly clock: Clock;
  readonly onDrop: (reason: DropReason, target: FeedTarget) => void;
}

/** A publisher of tracks that is no session: what it has is written by this process. */
export class LocalPublisher implements Publisher {
  readonly label: string;
  readonly #parts: LocalPublisherParts;
  readonly #since: number;
  readonly #tracks = new Map<string, PublishedTrack>();
  #claims = 0;

  constructor(parts: LocalPublisherParts) {
    this.#parts = parts;
    this.#since = parts.clock.wall();
    this.label = `encoder ${parts.id}`;
  }

  /** Adds a track, which is delivered to those who ask for it. */
  add(track: PublishedTrack): void {
    this.#tracks.set(trackKey(track.name), track);
  }

  /**
   * Offers a track, so that it is received here whether anybody watches or not; why it cannot be now, by
   * the policy for publishers or for a lack of room.
   */
  offer(track: PublishedTrack): Refusal | undefined {
    const { scope } = this.#parts;
    const entry = scope.entry(track.name);
    if (entry === undefined) return TOO_MANY_TRACKS;
    const taken = scope.refusalOfTrack(entry, this);
    if (taken !== undefined) return taken;
    const feed = this.#feed({ track: entry.track, feeds: entry.feeds }, track, true);
    track.add(feed);
    scope.offer(entry, { publisher: this, feed });
    return undefined;
  }

  /** Ends a track. */
  end(track: PublishedTrack, end: TrackEnd): void {
    this.#tracks.delete(trackKey(track.name));
    track.end(end);
  }

  subscribe(target: FeedTarget): LocalFeed {
    const track = this.#tracks.get(trackKey(target.track.name));
    const feed = this.#feed(target, track, false);
    // The feeds of the track learn of this one when it is returned.
    if (track !== undefined) feed.whenReceived(() => track.join(feed));
    return feed;
  }

  fetch(request: FetchRequest, sink: FetchSink): PendingFetch {
    const track = this.#tracks.get(trackKey(request.name));
    const largest = track?.largest;
    if (track === undefined || largest === undefined) return refusedFetch(NOTHING_KEPT);
    track.fetch(request, sink);
    const answer: FetchAnswer = { end: largest, endOfTrack: false, properties: track.facts.block };
    return {
      answer: Promise.resolve(done(answer)),
      finished: Promise.resolve(done(undefined)),
      cancel: () => {},
    };
  }

  trackStatus(name: FullTrackName): Promise<Outcome<TrackStatus, Refusal>> {
    const track = this.#tracks.get(trackKey(name));
    return Promise.resolve(
      track === undefined
        ? refused(NOTHING_KEPT)
        : done({ largest: track.largest, properties: track.facts.block }),
    );
  }

  #feed(target: FeedTarget, track: PublishedTrack | undefined, offered: boolean): LocalFeed {
    const { clock, metrics, renderer, onDrop } = this.#parts;
    return new LocalFeed(target, track?.facts, {
      source: this.#nextSource(),
      offered,
      clock,
      metrics,
      renderer,
      onDrop,
      onOver: (feed) => track?.remove(feed),
    });
  }

  #nextSource(): Source {
    const { id, relayName: relay } = this.#parts;
    return sourceOf(tokenOf({ since: this.#since, id, relay }, this.#claims++));
  }
}

function refusedFetch(refusal: Refusal): PendingFetch {
  return {
    answer: Promise.resolve(refused(refusal)),
    finished: Promise.resolve(refused(refusal)),
    cancel: () => {},
  };
}

const NOTHING_KEPT: Refusal = {
  kind: "does_not_exist",
  reason: "the encoder has nothing of it",
};

const TOO_MANY_TRACKS: Refusal = { kind: "excessive_load", reason: "too many tracks" };

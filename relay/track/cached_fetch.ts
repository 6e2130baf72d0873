import type { Clock } from "@qumo/shared/runtime";
import { compareLocations } from "@qumo/shared/wire";
import { CacheSink } from "./cache_sink.ts";
import type { TrackEntry } from "./feeds.ts";
import type { PastSource } from "./in_turn.ts";
import { MAX_BACKFILL_GROUPS } from "./limits.ts";
import type { FetchedObject, FetchSink, Publisher } from "./publisher.ts";
import type { Track } from "./track.ts";

/**
 * A publisher that delivers a track, as one to fetch from: what it brings of the groups that the track
 * is at goes into the cache too, for the next who asks. What is older than the cache would keep does not.
 */
export function cachingFetches(
  publisher: Publisher,
  { track, feeds }: TrackEntry,
  clock: Clock,
): PastSource {
  return {
    trackStatus: (name, via) => publisher.trackStatus(name, via),
    fetch: (request, sink) => {
      if (request.order !== "ascending") return publisher.fetch(request, sink);
      const { start } = request;
      const cache = new CacheSink(track, { clock, source: feeds.sourceOf(publisher), start });
      const fetch = publisher.fetch(request, new Tee(track, cache, sink));
      void fetch.finished.then(() => cache.release());
      return fetch;
    },
  };
}

class Tee implements FetchSink {
  readonly #track: Track;
  readonly #cache: CacheSink;
  readonly #sink: FetchSink;

  constructor(track: Track, cache: CacheSink, sink: FetchSink) {
    this.#track = track;
    this.#cache = cache;
    this.#sink = sink;
  }

  object(object: FetchedObject): Promise<void> | void {
    if (isRecent(this.#track, object)) this.#cache.object(object);
    return this.#sink.object(object);
  }

  unknownUpTo(group: bigint, object: bigint): void {
    this.#sink.unknownUpTo(group, object);
  }
}

/** Whether an object is of a group that the cache may still have, and not ahead of what is live. */
function isRecent({ largest, endReason }: Track, { group, object }: FetchedObject): boolean {
  if (largest === undefined || endReason !== undefined) return false;
  return group > largest.group - MAX_BACKFILL_GROUPS &&
    compareLocations({ group, object: BigInt(object) }, largest) <= 0;
}

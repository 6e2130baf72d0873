import type { Clock } from "@qumo/shared/runtime";
import { compareLocations } from "@qumo/shared/wire";
import { CacheSink } from "./cache_sink.ts";
import type { TrackEntry } from "./feeds.ts";
import type { PastSource } from "./in_turn.ts";
import { MAX_BACKFILL_GROUPS } from "../limits.ts";
import type { FetchedObject, FetchSink, Publisher } from "./publisher.ts";
import type { Track } from "../objects/track.ts";

/**
 * A publisher that delivers a track, as one to fetch from: what it brings of the groups that the track
 * is at goes into the cache too, for the next who asks. What is older than the cache would keep does
 * not, nor what others have a better claim to: it is for who asked alone.
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
      let asked: { readonly group: bigint; readonly isTrusted: boolean } | undefined;
      const isTrusted = (group: bigint) => {
        if (asked?.group !== group) {
          asked = { group, isTrusted: feeds.trustedFor(group).includes(publisher) };
        }
        return asked.isTrusted;
      };
      const mayKeep = (object: FetchedObject) => isRecent(track, object) && isTrusted(object.group);
      const fetch = publisher.fetch(request, new Tee(cache, sink, mayKeep));
      void fetch.finished.then(() => cache.release());
      return fetch;
    },
  };
}

class Tee implements FetchSink {
  readonly #cache: CacheSink;
  readonly #sink: FetchSink;
  readonly #mayKeep: (object: FetchedObject) => boolean;

  constructor(cache: CacheSink, sink: FetchSink, mayKeep: (object: FetchedObject) => boolean) {
    this.#cache = cache;
    this.#sink = sink;
    this.#mayKeep = mayKeep;
  }

  object(object: FetchedObject): Promise<void> | void {
    if (this.#mayKeep(object)) this.#cache.object(object);
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

import type { Clock } from "@qumo/shared/runtime";
import { compareLocations } from "@qumo/shared/wire";
import { CacheSink } from "./cache_sink.ts";
import type { TrackEntry } from "./track_entry.ts";
import type { PastSource } from "./in_turn.ts";
import { MAX_BACKFILL_GROUPS } from "../limits.ts";
import type { FetchedObject, FetchSink, Publisher } from "./publisher.ts";
import type { Track } from "../objects/track.ts";

/**
 * A publisher of a track as a source of fetches whose recent objects are cached too, for the next
 * requests. Groups older than the cache keeps are not cached, nor those of which another
 * publisher's objects are trusted.
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
      const cache = new CacheSink(track, { clock, source: feeds.past.sourceOf(publisher), start });
      let asked: { readonly group: bigint; readonly isTrusted: boolean } | undefined;
      const isTrusted = (group: bigint) => {
        if (asked?.group !== group) {
          asked = { group, isTrusted: feeds.past.trustedFor(group).includes(publisher) };
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

/** Whether an object is in a group that may still be cached, and not ahead of the live objects. */
function isRecent({ largest, endReason }: Track, { group, object }: FetchedObject): boolean {
  if (largest === undefined || endReason !== undefined) return false;
  return group > largest.group - MAX_BACKFILL_GROUPS &&
    compareLocations({ group, object: BigInt(object) }, largest) <= 0;
}

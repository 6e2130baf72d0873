import type { Clock } from "@qumo/shared/runtime";
import type { FullTrackName } from "@qumo/shared/wire";
import type { Archive, KeptTrack } from "../sources/archive.ts";
import { cachingFetches } from "../sources/cached_fetch.ts";
import type { TrackEntry } from "../sources/track_entry.ts";
import { InTurn, type PastSource } from "../sources/in_turn.ts";
import { KeptSource } from "../sources/kept_source.ts";
import { SharedFetches } from "../sources/shared_fetches.ts";
import type { Candidates } from "./candidates.ts";

/** The dependencies of {@linkcode PastSources}. */
export interface PastSourcesParts {
  readonly path: string;
  readonly clock: Clock;
  readonly candidates: Candidates;
  /** Where groups are kept that memory lets go; undefined: nowhere. */
  readonly archive: Archive | undefined;
  /** The entry of a track that is in use. */
  readonly find: (name: FullTrackName) => TrackEntry | undefined;
  /** A fetch was answered by one that was under way. */
  readonly onShared: () => void;
}

/** Who has past objects of the tracks of a scope, in the order in which they are asked. */
export class PastSources {
  readonly #parts: PastSourcesParts;
  readonly #fetches: SharedFetches;

  constructor(parts: PastSourcesParts) {
    this.#parts = parts;
    this.#fetches = new SharedFetches(parts.onShared);
  }

  /**
   * The source of a track's past objects: first what is kept of it, then the publisher of its newest
   * group, then others that deliver it, then other local ones by nearest namespace, then remote ones.
   * Undefined when there is none.
   */
  of(name: FullTrackName): PastSource | undefined {
    const { archive, path, find } = this.#parts;
    const kept = archive?.find(path, name);
    const publishers = this.#publishersOf(name);
    if (archive === undefined || kept === undefined) return publishers;
    const { track } = find(name) ?? {};
    return new KeptSource({ kept, publishers, track, renderer: archive.renderer });
  }

  /** What is kept of a track, of one that is idle too; undefined when that is nothing, or of another track. */
  keptOf(name: FullTrackName, idle: boolean): KeptTrack | undefined {
    const { archive, path, find } = this.#parts;
    return idle || find(name)?.track.hasBegun ? archive?.find(path, name) : undefined;
  }

  #publishersOf(name: FullTrackName): PastSource | undefined {
    const { candidates, clock, find } = this.#parts;
    const entry = find(name);
    const delivering = new Set(entry?.feeds.past.inOrder(entry.track.largest?.group ?? 0n));
    const others = delivering.size > 0 && candidates.isForOne(name) ? [] : [
      ...candidates.localPublishersOf(name).reverse(),
      ...candidates.lastResortsOf(name),
    ];
    const publishers = new Set([...delivering, ...others]);
    if (publishers.size === 0) return undefined;
    const sources = [...publishers].map((publisher) =>
      delivering.has(publisher) ? cachingFetches(publisher, entry!, clock) : publisher
    );
    return this.#fetches.of(new InTurn(sources, clock));
  }
}

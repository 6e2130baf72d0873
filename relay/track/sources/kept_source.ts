import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { compareLocations, type FullTrackName, type Location } from "@qumo/shared/wire";
import type { Refusal } from "../errors.ts";
import type { Renderer } from "../objects/renderer.ts";
import type { Track } from "../objects/track.ts";
import type { KeptTrack } from "./archive.ts";
import type { PastSource } from "./in_turn.ts";
import { KeptFetch } from "./kept_fetch.ts";
import type {
  FetchAnswer,
  FetchRequest,
  FetchSink,
  PendingFetch,
  TrackStatus,
} from "./publisher.ts";

/** What a {@linkcode KeptSource} works with. */
export interface KeptSourceParts {
  readonly kept: KeptTrack;
  /** Who is asked for what is not kept; undefined when nobody publishes the track. */
  readonly publishers: PastSource | undefined;
  /** The track, if it is in use here. */
  readonly track: Track | undefined;
  /** The dialect of what is kept. */
  readonly renderer: Renderer;
}

/** A source of past objects that has them from what is kept, as far as it goes, and then from publishers. */
export class KeptSource implements PastSource {
  readonly isNear = true;
  readonly #parts: KeptSourceParts;

  constructor(parts: KeptSourceParts) {
    this.#parts = parts;
  }

  fetch(request: FetchRequest, sink: FetchSink): PendingFetch {
    const { kept, publishers } = this.#parts;
    const { start, end } = request;
    const nearest = kept.nearest(start.group, "ascending");
    const hasNone = nearest === undefined || nearest.group > end.group;
    if (hasNone && publishers !== undefined) return publishers.fetch(request, sink);
    return new KeptFetch(this.#parts, request, { sink, answer: this.#answer(request) });
  }

  async trackStatus(
    name: FullTrackName,
    via?: readonly string[],
  ): Promise<Outcome<TrackStatus, Refusal>> {
    const { kept, publishers } = this.#parts;
    if (publishers !== undefined) return await publishers.trackStatus(name, via);
    return done({ largest: kept.largest, properties: kept.properties });
  }

  /**
   * The answer to a request, if what is kept counts: a publisher whose objects have not come here since it
   * began may number its groups anew.
   */
  async #answer({ name, start, end, via }: FetchRequest): Promise<Outcome<FetchAnswer, Refusal>> {
    const { kept, publishers, track } = this.#parts;
    let largest = kept.largest ?? NOWHERE;
    let { properties } = kept;
    if (track?.hasBegun) {
      largest = track.largest ?? largest;
      properties = track.propertyBlock;
    } else if (publishers !== undefined) {
      const status = await publishers.trackStatus(name, via);
      if (!status.ok) return status;
      const said = status.value.largest;
      if (said === undefined || said.group < largest.group) return refused(OTHER);
      largest = said;
    }
    if (compareLocations(start, largest) > 0) return refused(NOT_BEGUN);
    const last = compareLocations(end, largest) > 0 ? largest : end;
    return done({ end: last, endOfTrack: false, properties });
  }
}

const NOWHERE: Location = { group: 0n, object: 0n };
const OTHER: Refusal = { kind: "does_not_exist", reason: "the track began anew" };
const NOT_BEGUN: Refusal = { kind: "invalid_range", reason: "the range has not begun" };

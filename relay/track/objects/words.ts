import {
  compareLocations,
  DEFAULT_TRACK_PROPERTIES,
  type Location,
  type PropertyBlock,
  type TrackProperties,
} from "@qumo/shared/wire";
import type { Source, Sources } from "./source.ts";

/** Who says something of a track: the feed of a publisher. */
export interface Speaker {
  /** Whose objects it brings. */
  readonly source?: Source | undefined;
}

/** What one publisher said. */
export interface Word {
  /** As the publisher wrote it, and what of it is understood. */
  readonly block: PropertyBlock | undefined;
  readonly properties: TrackProperties;
  readonly largest: Location | undefined;
}

const NOTHING: Word = {
  block: undefined,
  properties: DEFAULT_TRACK_PROPERTIES,
  largest: undefined,
};

/**
 * What publishers say of a track besides its objects. Only the word of one counts: the first whose
 * objects have come, or the first of all where nothing has. It goes with its feed; the last one's
 * stands until another speaks.
 */
export class Words {
  readonly #sources: Sources;
  // In the order in which they began to speak.
  readonly #words = new Map<Speaker, Word>();
  #valid = NOTHING;
  #leading: Source | undefined;
  #sourcesSeen = 0;

  /** `sources` says whose objects have come. */
  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** What counts. */
  get valid(): Word {
    if (this.#sourcesSeen !== this.#sources.began) this.#decide();
    return this.#valid;
  }

  /** Whose objects have come, of those whose word counts; undefined where nothing has. */
  get leading(): Source | undefined {
    if (this.#sourcesSeen !== this.#sources.began) this.#decide();
    return this.#leading;
  }

  /** How far the track is, as the one said whose objects these are. */
  largestOf(token: string | undefined): Location | undefined {
    const speaker = [...this.#words.keys()].find(({ source }) => source?.token === token);
    return speaker && this.#words.get(speaker)!.largest;
  }

  /** The newest properties of a publisher replace those before; sets are never merged. */
  setProperties(by: Speaker, block: PropertyBlock, properties: TrackProperties): void {
    this.#say(by, { ...this.#wordOf(by), block, properties });
  }

  /** A publisher told of a largest location, which never shrinks. */
  learnLargest(by: Speaker, largest: Location): void {
    const word = this.#wordOf(by);
    this.#say(by, { ...word, largest: larger(word.largest, largest) });
  }

  /** A feed is over. */
  forget(by: Speaker): void {
    if (this.#words.delete(by)) this.#decide();
  }

  #wordOf(by: Speaker): Word {
    return this.#words.get(by) ?? NOTHING;
  }

  #say(by: Speaker, word: Word): void {
    this.#words.set(by, word);
    this.#decide();
  }

  #decide(): void {
    this.#sourcesSeen = this.#sources.began;
    const speakers = [...this.#words.keys()];
    const hasBrought = ({ source }: Speaker) => source !== undefined && this.#sources.has(source);
    const bringing = speakers.find(hasBrought);
    this.#leading = bringing?.source;
    const leading = bringing ?? speakers[0];
    if (leading === undefined) return;
    let valid = this.#words.get(leading)!;
    // What comes by several ways from one source is the same track.
    for (const other of speakers) {
      if (other === leading || other.source?.token !== leading.source?.token) continue;
      const word = this.#words.get(other)!;
      valid = { ...word, largest: larger(valid.largest, word.largest) };
    }
    this.#valid = valid;
  }
}

function larger(one: Location | undefined, other: Location | undefined): Location | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return compareLocations(one, other) < 0 ? other : one;
}

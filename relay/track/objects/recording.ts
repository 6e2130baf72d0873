import type { PropertyBlock, TrackProperties } from "@qumo/shared/wire";
import type { TrackEnd } from "../errors.ts";
import type { TrackRecorder } from "../sources/archive.ts";
import type { Group } from "./group.ts";
import { keptGroupOf, type Priorities } from "./kept_group.ts";
import type { Source } from "./source.ts";

/** A track that is recorded. */
export interface RecordedTrack extends Priorities {
  readonly endReason: TrackEnd | undefined;
  readonly propertyBlock: PropertyBlock | undefined;
  readonly properties: TrackProperties;
  /** Whether this is its latest group. */
  isLatest(group: Group): boolean;
}

/**
 * Hands the groups of a track to its recorder: when they are over, so that a relay that is killed loses
 * little, and again when memory lets them go and has more of them.
 */
export class Recording {
  readonly #track: RecordedTrack;
  readonly #recorder: TrackRecorder;
  // Those that were not handed over.
  readonly #open = new Set<Group>();
  // How many objects were.
  readonly #kept = new WeakMap<Group, number>();
  #hasBegun = false;

  constructor(track: RecordedTrack, recorder: TrackRecorder) {
    this.#track = track;
    this.#recorder = recorder;
  }

  /** A group begins: earlier ones may be over. */
  begin(group: Group, by: Source | undefined): void {
    if (!this.#hasBegun) this.#recorder.begin(group.id, by?.token);
    this.#hasBegun = true;
    for (const earlier of this.#open) {
      if (!earlier.isOpen) this.#keep(earlier);
    }
    this.#open.add(group);
  }

  /** Memory lets a group go. */
  letGo(group: Group): void {
    this.#keep(group);
  }

  /** The track ended: of its last group only one that is whole would be continued rightly. */
  ended(end: TrackEnd): void {
    this.#open.clear();
    if (this.#hasBegun) this.#recorder.ended(end);
  }

  #keep(group: Group): void {
    this.#open.delete(group);
    if (isVoid(this.#track.endReason)) return;
    const { count } = group;
    if (count === 0 || this.#kept.get(group) === count || this.#recorder.has(group.id)) return;
    const kept = keptGroupOf(this.#track, group);
    const isUnfinished = this.#track.isLatest(group) && !kept.isWhole;
    if (isUnfinished || kept.objects.length === 0) return;
    this.#kept.set(group, count);
    const { propertyBlock, properties } = this.#track;
    this.#recorder.keep(kept, propertyBlock, properties.maxCacheDuration);
  }
}

/** Whether what was received of a track that ended so belongs to no other. */
function isVoid(end: TrackEnd | undefined): boolean {
  return end?.kind === "replaced" || end?.kind === "malformed";
}

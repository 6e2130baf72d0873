import type { FullTrackName, GroupOrder, Location } from "@qumo/shared/wire";
import type { KeptEntry } from "../track/mod.ts";
import type { IndexEntry } from "./group_index.ts";
import { MAX_DISK_SOURCES } from "./limits.ts";
import type { Segment } from "./segment.ts";

/** A group's place on disk. */
export interface Place {
  readonly segment: Segment;
  readonly entry: IndexEntry;
}

/** The segments of one track, the oldest first. */
export class TrackWindow {
  readonly path: string;
  readonly name: FullTrackName;
  /** Groups that wait to be written. */
  readonly waiting = new Set<bigint>();
  /** The tracks of the model that are recorded here: one, or none. */
  recorders = 0;
  #segments: Segment[] = [];
  // Of tracks that were replaced, until they are deleted.
  #replaced: Segment[] = [];
  readonly #sources = new Set<string>();
  #epoch = 0;
  // Whether the track of the model ended in a way that the next one is another.
  #isReplaced = false;
  #largestWaiting: bigint | undefined;

  constructor(path: string, name: FullTrackName) {
    this.path = path;
    this.name = name;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { size }) => sum + size, 0);
  }

  get sources(): readonly string[] {
    return [...this.#sources];
  }

  /** Counts the tracks that replaced each other under this name. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The segment that is written; undefined when the next group begins one. */
  get current(): Segment | undefined {
    const last = this.#segments.at(-1);
    return last === undefined || last.isFinished ? undefined : last;
  }

  add(segment: Segment): void {
    this.#segments.push(segment);
  }

  /** Takes a segment of an earlier run; false when a track that was replaced is in it. */
  recover(segment: Segment): boolean {
    const { epoch, sources } = segment.header;
    if (epoch < this.#epoch) return false;
    if (epoch > this.#epoch) this.#setAside();
    this.#epoch = epoch;
    this.#sources.clear();
    for (const source of sources) this.#sources.add(source);
    this.#segments.push(segment);
    return true;
  }

  /** Takes away the segments of tracks that were replaced. */
  takeReplaced(): Segment[] {
    return this.#replaced.splice(0);
  }

  /** Takes away the oldest segment. */
  takeOldest(): Segment | undefined {
    return this.#segments.shift();
  }

  /** Forgets a segment that nothing was written to. */
  drop(segment: Segment): void {
    this.#segments = this.#segments.filter((other) => other !== segment);
  }

  /**
   * A track of the model begins in this group. One whose source is known continues, and so does one that
   * begins behind everything: any other numbers its groups anew.
   */
  begin(first: bigint, source: string | undefined): void {
    const largest = this.#largestGroup;
    const isKnown = source !== undefined && this.#sources.has(source);
    const continues = !this.#isReplaced && (largest === undefined || isKnown || first > largest);
    if (!continues) {
      this.#epoch++;
      this.#setAside();
      this.#sources.clear();
      this.waiting.clear();
      this.#largestWaiting = undefined;
      this.#isReplaced = false;
    }
    if (source !== undefined && this.#sources.size < MAX_DISK_SOURCES) this.#sources.add(source);
  }

  #setAside(): void {
    this.#replaced.push(...this.#segments);
    this.#segments = [];
  }

  /** The next track of this name is another. */
  replaced(): void {
    this.#isReplaced = true;
  }

  /** A group waits to be written. */
  wait(group: bigint): void {
    this.waiting.add(group);
    if (this.#largestWaiting === undefined || group > this.#largestWaiting) {
      this.#largestWaiting = group;
    }
  }

  /** The largest location on disk. */
  get largest(): Location | undefined {
    let largest: IndexEntry | undefined;
    for (const { index } of this.#segments) {
      const entry = index.largest === undefined ? undefined : index.find(index.largest);
      if (entry !== undefined && (largest === undefined || entry.group >= largest.group)) {
        largest = entry;
      }
    }
    return largest && { group: largest.group, object: BigInt(Math.max(0, largest.lastId)) };
  }

  /** See {@linkcode KeptTrack.nearest}. */
  nearest(group: bigint, order: GroupOrder): KeptEntry | undefined {
    const isUpwards = order === "ascending";
    let nearest: IndexEntry | undefined;
    for (const { index } of this.#segments) {
      const entry = index.nearest(group, isUpwards);
      if (entry === undefined) continue;
      // Of two records of one group the later has more.
      const isNearer = nearest === undefined ||
        (isUpwards ? entry.group <= nearest.group : entry.group >= nearest.group);
      if (isNearer) nearest = entry;
    }
    return nearest;
  }

  /** Where the newest record of a group is. */
  find(group: bigint): Place | undefined {
    for (const segment of this.#segments.toReversed()) {
      const entry = segment.index.find(group);
      if (entry !== undefined) return { segment, entry };
    }
    return undefined;
  }

  get #largestGroup(): bigint | undefined {
    const written = this.largest?.group;
    const waiting = this.#largestWaiting;
    if (written === undefined || waiting === undefined) return written ?? waiting;
    return written > waiting ? written : waiting;
  }
}

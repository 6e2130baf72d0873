import type { Clock, Timer } from "@qumo/shared/runtime";
import type { Group } from "./group.ts";
import type { EvictionReason } from "../../vocabulary.ts";

/** How much the relay keeps. What is over is evicted, the oldest groups first. */
export interface CacheLimits {
  /** Bytes of all tracks together. */
  readonly maxBytes: number;
  /** Bytes of one track. */
  readonly maxTrackBytes: number;
  /** Groups of one track. */
  readonly maxGroupsPerTrack: number;
  /** Milliseconds that a group is kept after its last object came, unless it is its track's latest. */
  readonly maxAgeMs: number;
}

/** What has groups that the cache can give up: a track. */
export interface Evictable {
  /** Memory that all its groups take. */
  readonly bytes: number;
  readonly groupCount: number;
  readonly oldestGroup: Group | undefined;
  /** Whether this is the group that it is at. */
  isLatest(group: Group): boolean;
  /** Gives up a group. */
  evict(group: Group, reason: EvictionReason): void;
  /** Gives up the head of a group that is still growing; false when nothing can be given. */
  trim(group: Group, reason: EvictionReason): boolean;
  /** Gives up all that is here of a group that goes on; false when nothing is. */
  empty(group: Group, reason: EvictionReason): boolean;
}

const SWEEP_INTERVAL = 1_000;

/** The budget that all tracks share. It holds no objects itself; it says which groups have to go. */
export class Cache {
  readonly limits: CacheLimits;
  /** Counts evictions. */
  readonly evictions: Record<EvictionReason, number>;
  readonly #clock: Clock;
  // In the order in which they go: that in which they began, but the tip of a track that was looked
  // at comes up again only when all others have.
  readonly #groups = new Map<Group, Evictable>();
  #bytes = 0;
  #sweep: Timer | undefined;

  constructor(limits: CacheLimits, clock: Clock, evictions: Record<EvictionReason, number>) {
    this.limits = limits;
    this.#clock = clock;
    this.evictions = evictions;
  }

  /** Bytes in use. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Groups that are kept. */
  get groups(): number {
    return this.#groups.size;
  }

  /** A group began. */
  add(track: Evictable, group: Group): void {
    this.#groups.set(group, track);
    this.#armSweep();
    while (track.groupCount > this.limits.maxGroupsPerTrack) {
      track.evict(track.oldestGroup!, "groups");
    }
  }

  /** A group takes this many bytes more, or less. */
  grow(track: Evictable, bytes: number): void {
    this.#bytes += bytes;
    if (bytes <= 0) return;
    while (track.bytes > this.limits.maxTrackBytes) {
      if (!this.#shrink(track, track.oldestGroup, "track_bytes")) break;
    }
    while (this.#bytes > this.limits.maxBytes) {
      if (!this.#shrinkAny()) break;
    }
  }

  /** A group was evicted. */
  remove(group: Group, reason: EvictionReason): void {
    this.#groups.delete(group);
    this.evictions[reason]++;
    if (this.#groups.size === 0) this.#stopSweep();
  }

  /** Gives up the oldest of a track: a group, or what can be spared of the one the track is at. */
  #shrink(track: Evictable, group: Group | undefined, reason: EvictionReason): boolean {
    if (group === undefined) return false;
    if (!track.isLatest(group)) {
      track.evict(group, reason);
      return true;
    }
    return track.trim(group, reason) || track.empty(group, reason);
  }

  #shrinkAny(): boolean {
    for (let left = this.#groups.size; left > 0; left--) {
      const [group, track] = this.#groups.entries().next().value!;
      if (!track.isLatest(group)) {
        track.evict(group, "bytes");
        return true;
      }
      this.#groups.delete(group);
      this.#groups.set(group, track);
      if (track.trim(group, "bytes")) return true;
    }
    return this.#emptyLargest();
  }

  /** Nothing is left but what tracks are at: the largest goes, so that no track can drive out others. */
  #emptyLargest(): boolean {
    let largest: { group: Group; track: Evictable } | undefined;
    for (const [group, track] of this.#groups) {
      if (largest === undefined || group.bytes > largest.group.bytes) largest = { group, track };
    }
    return largest !== undefined && largest.track.empty(largest.group, "bytes");
  }

  #armSweep(): void {
    this.#sweep ??= this.#clock.after(SWEEP_INTERVAL, () => {
      this.#sweep = undefined;
      this.#evictOld();
      if (this.#groups.size > 0) this.#armSweep();
    });
  }

  #stopSweep(): void {
    this.#sweep?.cancel();
    this.#sweep = undefined;
  }

  #evictOld(): void {
    const oldest = this.#clock.now() - this.limits.maxAgeMs;
    for (const [group, track] of this.#groups) {
      if (group.touched < oldest && !track.isLatest(group)) track.evict(group, "age");
    }
  }
}

import type { Clock, Timer } from "@qumo/shared/runtime";
import type { Group } from "./group.ts";
import type { EvictionReason } from "../../vocabulary/mod.ts";

/** Limits of the cache. At a limit the oldest groups are evicted. */
export interface CacheLimits {
  /** Bytes of all tracks together. */
  readonly maxBytes: number;
  /** Bytes of one track. */
  readonly maxTrackBytes: number;
  /** Groups of one track. */
  readonly maxGroupsPerTrack: number;
  /**
   * Milliseconds for which a group is kept after its last object, except its track's latest group.
   */
  readonly maxAgeMs: number;
}

/** An owner of groups that the cache can evict: a track. */
export interface Evictable {
  /** Memory of all its groups. */
  readonly bytes: number;
  readonly groupCount: number;
  readonly oldestGroup: Group | undefined;
  /** Whether this is its latest group. */
  isLatest(group: Group): boolean;
  /** Evicts a group. */
  evict(group: Group, reason: EvictionReason): void;
  /** Evicts the start of a group that is still growing; false when nothing can be evicted. */
  trim(group: Group, reason: EvictionReason): boolean;
  /** Evicts everything of a group that continues; false when there is nothing. */
  empty(group: Group, reason: EvictionReason): boolean;
}

const SWEEP_INTERVAL = 1_000;

/** The memory budget of all tracks. It holds no objects; it decides which groups are evicted. */
export class Cache {
  readonly limits: CacheLimits;
  /** Counts evictions by reason. */
  readonly evictions: Record<EvictionReason, number>;
  readonly #clock: Clock;
  // In order of eviction: that of creation, but a track's latest group, when its turn comes, is
  // moved to the end.
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

  /** The number of groups. */
  get groups(): number {
    return this.#groups.size;
  }

  /** Adds a group. */
  add(track: Evictable, group: Group): void {
    this.#groups.set(group, track);
    this.#armSweep();
    while (track.groupCount > this.limits.maxGroupsPerTrack) {
      track.evict(track.oldestGroup!, "groups");
    }
  }

  /** Changes the size of a group by this many bytes. */
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

  /** Removes an evicted group. */
  remove(group: Group, reason: EvictionReason): void {
    this.#groups.delete(group);
    this.evictions[reason]++;
    if (this.#groups.size === 0) this.#stopSweep();
  }

  /** Evicts the oldest data of a track: a group, or part of its latest one. */
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

  /** Only latest groups are left: evicts the largest, so that no track can displace all others. */
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

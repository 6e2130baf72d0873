import type { FullTrackName, GroupOrder, Location, PropertyBlock } from "@qumo/shared/wire";
import type { TrackEnd } from "../errors.ts";
import type { Renderer } from "../objects/renderer.ts";

/** An object of a group that is kept. */
export interface KeptObject {
  readonly id: number;
  /** Undefined for an object that was a datagram. */
  readonly subgroup: bigint | undefined;
  readonly priority: number;
  readonly properties: PropertyBlock;
  /** Views of bytes that never change. */
  readonly payload: readonly Uint8Array[];
}

/** A group that is kept, without what only marks an end. */
export interface KeptGroup {
  readonly id: bigint;
  /** Whether nothing else exists in it. */
  readonly isWhole: boolean;
  /** In the order of their ids. */
  readonly objects: readonly KeptObject[];
  /** Memory of its objects. */
  readonly bytes: number;
}

/** What is known of a kept group without reading it. */
export interface KeptEntry {
  readonly group: bigint;
  readonly isWhole: boolean;
  /** The largest object id; -1 for an empty group. */
  readonly lastId: number;
}

/** Takes the groups of a track that memory lets go. Calls are synchronous and must not throw. */
export interface TrackRecorder {
  /**
   * The track's first object arrives, in this group and from the source of this token: it is decided
   * whether the track continues the one that is kept under its name, or replaces it.
   */
  begin(first: bigint, source: string | undefined): void;
  /** Whether a group is kept already, so that nothing is gained by keeping it again. */
  has(group: bigint): boolean;
  /** Keeps a group of the track, whose properties are these by now. */
  keep(
    group: KeptGroup,
    properties: PropertyBlock | undefined,
    maxCacheDuration: number | undefined,
  ): void;
  /** The track ended. */
  ended(end: TrackEnd): void;
}

/** The kept groups of a track. */
export interface KeptTrack {
  /** The track's properties as its publisher encoded them, in the archive's encoding. */
  readonly properties: PropertyBlock | undefined;
  readonly largest: Location | undefined;
  /** The first kept group from `group` on, in this order. */
  nearest(group: bigint, order: GroupOrder): KeptEntry | undefined;
  /** Reads a group; undefined when it is gone, damaged, or too much is being read. Never rejects. */
  read(group: bigint): Promise<KeptGroup | undefined>;
  /**
   * Reads a group's first object alone, which is not checked and only good for a look. Undefined as for
   * a whole group.
   */
  readFirst(group: bigint): Promise<KeptGroup | undefined>;
}

/** Where groups are kept that memory lets go. */
export interface Archive {
  /** The dialect in whose encoding kept objects have their properties. */
  readonly renderer: Renderer;
  /** Takes the groups of a track; undefined where they are not wanted. */
  recorderOf(path: string, name: FullTrackName): TrackRecorder | undefined;
  /** The kept groups of a track; undefined when there are none. */
  find(path: string, name: FullTrackName): KeptTrack | undefined;
}

import type { Filter, Location } from "@qumo/shared/wire";

/** The range of locations that a subscription includes, both ends included. */
export interface Window {
  readonly start: Location;
  /** The last group; undefined for no end. */
  readonly endGroup: bigint | undefined;
  /** The last object of the last group; absent: all its objects. */
  readonly endObject?: bigint;
}

const EVERYTHING: Window = { start: { group: 0n, object: 0n }, endGroup: undefined };

/** The window of a filter, relative to `largest` (#subscription-filters). */
export function windowOf(filter: Filter | undefined, largest: Location | undefined): Window {
  switch (filter?.type) {
    case undefined:
    case "none":
      return EVERYTHING;
    case "next_group":
      if (largest === undefined) return EVERYTHING;
      return { start: { group: largest.group + 1n, object: 0n }, endGroup: undefined };
    case "largest_object":
      if (largest === undefined) return EVERYTHING;
      return {
        start: { group: largest.group, object: largest.object + 1n },
        endGroup: undefined,
      };
    case "recent_groups": {
      if (largest === undefined) return EVERYTHING;
      const group = largest.group + 1n - filter.groups;
      return { start: { group: group < 0n ? 0n : group, object: 0n }, endGroup: undefined };
    }
    case "absolute_start":
      return { start: filter.start, endGroup: undefined };
    case "absolute_range":
      return {
        start: filter.start,
        endGroup: filter.endGroup,
        ...(filter.endObject !== undefined && { endObject: filter.endObject }),
      };
  }
}

/** Whether everything is included from the track's first object on. */
export function isUnfiltered({ start, endGroup }: Window): boolean {
  return start.group === 0n && start.object === 0n && endGroup === undefined;
}

/** Whether anything of this group is included. */
export function includesGroup(window: Window, group: bigint): boolean {
  return group >= window.start.group &&
    (window.endGroup === undefined || group <= window.endGroup);
}

/** The last included object id of this group; undefined when it is included to its end. */
export function lastObjectOf({ endGroup, endObject }: Window, group: bigint): number | undefined {
  return group === endGroup && endObject !== undefined ? Number(endObject) : undefined;
}

/** The first included object id of this group. */
export function firstObjectOf(window: Window, group: bigint): number {
  return group === window.start.group ? Number(window.start.object) : 0;
}

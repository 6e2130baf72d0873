import type { GroupOrder, Location } from "@qumo/shared/wire";
import type { Group, ObjectHome } from "./group.ts";
import type { Track } from "./track.ts";

/** A range of locations, both ends included. */
export interface LocationRange {
  readonly start: Location;
  readonly end: Location;
}

/** One step of the answer to a fetch. */
export type FetchStep =
  | {
    readonly kind: "object";
    readonly group: bigint;
    readonly id: number;
    readonly home: ObjectHome;
  }
  /** Nothing is known of this range, which follows the previous step. */
  | { readonly kind: "unknown"; readonly range: LocationRange };

const LAST_OBJECT = 2n ** 64n - 1n;

/**
 * The cached content of a range in order of the fetch: objects, and between them the ranges whose
 * content is unknown. What is known not to exist is omitted. Lazy: the cache may change between two
 * steps.
 */
export function* planFetch(
  track: Track,
  { start, end }: LocationRange,
  order: GroupOrder,
): Iterable<FetchStep> {
  const groups = track.groupsBetween(start.group, end.group);
  if (order === "descending") groups.reverse();
  const step = order === "ascending" ? 1n : -1n;
  const last = order === "ascending" ? end.group : start.group;
  let next = order === "ascending" ? start.group : end.group;
  for (const group of groups) {
    yield* missingGroups(track, next, group.id - step, { start, end }, order);
    yield* stepsOf(group, objectsOf(group.id, { start, end }));
    next = group.id + step;
  }
  yield* missingGroups(track, next, last, { start, end }, order);
}

/** The object ids of a group within a range. */
function objectsOf(group: bigint, { start, end }: LocationRange): { from: bigint; to: bigint } {
  return {
    from: group === start.group ? start.object : 0n,
    to: group === end.group ? end.object : LAST_OBJECT,
  };
}

function* missingGroups(
  track: Track,
  from: bigint,
  to: bigint,
  range: LocationRange,
  order: GroupOrder,
): Iterable<FetchStep> {
  const [low, high] = order === "ascending" ? [from, to] : [to, from];
  if (low > high) return;
  if (track.extent.gaps.skipForward(low) > high) return;
  yield {
    kind: "unknown",
    range: {
      start: { group: low, object: objectsOf(low, range).from },
      end: { group: high, object: objectsOf(high, range).to },
    },
  };
}

function* stepsOf(group: Group, { from, to }: { from: bigint; to: bigint }): Iterable<FetchStep> {
  let next = from;
  for (const id of group.ids()) {
    const object = BigInt(id);
    if (object < from || object > to) continue;
    yield* unknownObjects(group, next, object - 1n);
    const home = group.homeOf(id);
    if (home !== undefined) yield { kind: "object", group: group.id, id, home };
    else yield* unknownObjects(group, object, object);
    next = object + 1n;
  }
  const { end: behind } = group.extent;
  const end = behind === undefined ? to : min(to, BigInt(behind) - 1n);
  yield* unknownObjects(group, next, end);
}

function* unknownObjects(group: Group, from: bigint, to: bigint): Iterable<FetchStep> {
  if (from > to) return;
  // Gaps are followed by objects, so the rest of the range outside them is contiguous.
  const start = group.extent.gaps.skipForward(from);
  const end = group.extent.gaps.skipBackward(to);
  if (start > end) return;
  yield {
    kind: "unknown",
    range: { start: { group: group.id, object: start }, end: { group: group.id, object: end } },
  };
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

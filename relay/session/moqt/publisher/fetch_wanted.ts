import type { ControlMessageOf, Filter, FullTrackName, Location } from "@qumo/shared/wire";
import { compareLocations } from "@qumo/shared/wire";
import { done, type Outcome, refused } from "@qumo/shared/runtime";
import type { LocationRange, PastSource, Refusal } from "../../../track/mod.ts";
import { selectionOf } from "./fetch_selection.ts";

type Range = ControlMessageOf<"fetch">["range"];

/** The range of a FETCH that joins a subscription. */
export type JoiningRange = Extract<Range, { type: "relative_joining" | "absolute_joining" }>;

/** The resolved track of a FETCH, and its range. */
export interface WantedRange {
  readonly name: FullTrackName;
  /** Undefined while the largest object is not known to which the range is relative. */
  readonly range: (largest: Location | undefined) => LocationRange | undefined;
}

/** What a FETCH wants that joins no subscription. */
export function wantedOf(
  range: Exclude<Range, JoiningRange>,
  filter: Filter | undefined,
): WantedRange {
  const { track: name } = range;
  if (range.type === "filtered") return { name, range: (largest) => selectionOf(filter, largest) };
  const { start, end } = range;
  return { name, range: () => ({ start, end }) };
}

/** The range that a publisher is asked for; where it is relative, the publisher knows to what. */
export async function rangeAt(
  publisher: PastSource,
  { name, range: rangeOf }: WantedRange,
  via: readonly string[] | undefined,
): Promise<Outcome<LocationRange, Refusal>> {
  let range = rangeOf(undefined);
  if (range === undefined) {
    const status = await publisher.trackStatus(name, via);
    if (!status.ok) return status;
    range = rangeOf(status.value.largest);
  }
  if (range === undefined) return refused(NOTHING_PUBLISHED);
  return isBackwards(range) ? refused(BACKWARDS) : done(range);
}

/** The part of a range that can have been published. */
export function upTo({ start, end }: LocationRange, largest: Location): LocationRange {
  return { start, end: compareLocations(end, largest) > 0 ? largest : end };
}

/** Whether a range ends before it starts. */
export function isBackwards({ start, end }: LocationRange): boolean {
  return compareLocations(end, start) < 0;
}

/** The refusal of a range that ends before it starts. */
export const BACKWARDS: Refusal = {
  kind: "invalid_range",
  reason: "the range ends before it starts",
};

/** The refusal of a range of a track that has no objects. */
export const NOTHING_PUBLISHED: Refusal = {
  kind: "invalid_range",
  reason: "nothing was published on the track",
};

import { type Filter, type Location, WHOLE_GROUP } from "@qumo/shared/wire";
import { type LocationRange, windowOf } from "../../../track/mod.ts";

/** The end of a range that goes on as far as there is anything. */
const LAST: Location = { group: 2n ** 64n - 1n, object: WHOLE_GROUP };

/**
 * The range that the filter of a fetch or of a fill selects (#location-filters): up to the largest
 * object where it has no end. Undefined for a filter that is relative to a largest object that is
 * not known.
 */
export function selectionOf(
  filter: Filter | undefined,
  largest: Location | undefined,
): LocationRange | undefined {
  if (largest === undefined && isRelative(filter)) return undefined;
  const { start, endGroup, endObject = WHOLE_GROUP } = windowOf(filter, largest);
  const end = endGroup === undefined ? largest ?? LAST : { group: endGroup, object: endObject };
  return { start, end };
}

function isRelative(filter: Filter | undefined): boolean {
  return filter?.type === "next_group" || filter?.type === "largest_object" ||
    filter?.type === "recent_groups";
}

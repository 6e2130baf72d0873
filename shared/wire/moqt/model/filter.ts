import type { Location } from "../../location.ts";

/** Which objects a subscription or a fetch wants (#location-filters). Both ends are included. */
export type Filter =
  /** All; in an update it removes the filter that there was. */
  | { readonly type: "none" }
  | { readonly type: "next_group" }
  /** What comes behind the largest object. */
  | { readonly type: "largest_object" }
  /** The current group and those before it, `groups` in all, and what comes then. */
  | { readonly type: "recent_groups"; readonly groups: bigint }
  | { readonly type: "absolute_start"; readonly start: Location }
  | {
    readonly type: "absolute_range";
    readonly start: Location;
    readonly endGroup: bigint;
    /** The last object of the last group that passes; without it the group passes whole. */
    readonly endObject?: bigint;
  };

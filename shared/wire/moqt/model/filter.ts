import type { Location } from "../../location.ts";

/** Which objects a subscription wants (#subscription-filters). */
export type Filter =
  | { readonly type: "next_group" }
  | { readonly type: "largest_object" }
  | { readonly type: "absolute_start"; readonly start: Location }
  /** `endGroup` is the last group that passes, whole. */
  | { readonly type: "absolute_range"; readonly start: Location; readonly endGroup: bigint };

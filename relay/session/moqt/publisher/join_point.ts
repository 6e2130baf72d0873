import type { Filter, SetupOptions } from "@qumo/shared/wire";
import type { JoinPoint } from "../../delivery/subscription_options.ts";
import { isMoqDev } from "../connection/moq_dev.ts";
import { isRelay } from "../connection/relay_peer.ts";
import type { LateJoin } from "../../../vocabulary/mod.ts";

/**
 * The join point of a subscription (#subscription-filters). Without a filter, or with a start in
 * the past, cached objects are included.
 */
export function joinPointOf(
  filter: Filter | undefined,
  lateJoin: LateJoin,
  peer: SetupOptions,
): JoinPoint {
  switch (filter?.type) {
    case "next_group":
      // A relay's later subscribers need the current group, whatever the first one requests.
      return isRelay(peer) ? "group_start" : "live";
    case "largest_object":
      return needsGroupStart(lateJoin, peer) ? "group_start" : "live";
    default:
      return "filter_start";
  }
}

/**
 * Whether a subscription to the largest object starts with the first object of its group. moq-dev's
 * players use this filter but cannot decode a group from its middle; relays have subscribers that
 * need the start.
 */
function needsGroupStart(lateJoin: LateJoin, peer: SetupOptions): boolean {
  if (isRelay(peer)) return true;
  return lateJoin === "group_start" || lateJoin === "auto" && isMoqDev(peer);
}

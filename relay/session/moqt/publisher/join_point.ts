import type { Filter, SetupOptions } from "@qumo/shared/wire";
import type { JoinPoint } from "../../delivery/subscription.ts";
import { isMoqDev } from "../connection/moq_dev.ts";
import { isRelay } from "../connection/relay_peer.ts";
import type { LateJoin } from "../../../vocabulary.ts";

/**
 * Where a subscription begins (#subscription-filters). One without a filter, or from a location of the
 * past on, is for what is here already as well as for what comes.
 */
export function joinPointOf(
  filter: Filter | undefined,
  lateJoin: LateJoin,
  peer: SetupOptions,
): JoinPoint {
  switch (filter?.type) {
    case "next_group":
      // A relay has subscribers that need the group which is under way, whatever the first one wants.
      return isRelay(peer) ? "group_start" : "live";
    case "largest_object":
      return needsGroupStart(lateJoin, peer) ? "group_start" : "live";
    default:
      return "filter_start";
  }
}

/**
 * Whether a subscription to the largest object begins with the first object of its group. moq-dev's
 * players subscribe so, and then cannot use a group that does not begin with its first object; relays
 * have subscribers that need it.
 */
function needsGroupStart(lateJoin: LateJoin, peer: SetupOptions): boolean {
  if (isRelay(peer)) return true;
  return lateJoin === "group_start" || lateJoin === "auto" && isMoqDev(peer);
}

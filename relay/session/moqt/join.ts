import type { Filter, SetupOptions } from "@qumo/shared/wire";
import type { JoinPoint } from "../delivery/subscription.ts";
import type { LateJoin } from "../settings.ts";

/**
 * Where a subscription begins. Some players subscribe to the largest object and then cannot use a
 * group that does not begin with its first object; they can be told by the extensions of their SETUP.
 */
export function joinPointOf(
  filter: Filter | undefined,
  lateJoin: LateJoin,
  peer: SetupOptions,
): JoinPoint {
  if (filter?.type !== "largest_object" || lateJoin === "strict") return "live";
  if (lateJoin === "group_start") return "group_start";
  const needsGroupStart = peer.solicit !== undefined || peer.relayHops !== undefined;
  return needsGroupStart ? "group_start" : "live";
}

import type { Refusal } from "../../../track/mod.ts";
import { type JoiningRange, NOTHING_PUBLISHED, type WantedRange } from "./fetch_wanted.ts";
import type { SubscriptionTable } from "./subscription_table.ts";

/**
 * The range of a joining fetch, up to the joining location of its subscription (#joining-fetches).
 * `by` is the request id of the fetch.
 */
export async function joiningRange(
  subscriptions: SubscriptionTable,
  range: JoiningRange,
  by: bigint,
): Promise<WantedRange | Refusal> {
  const served = await subscriptions.joined(range.requestId, by);
  if (served === undefined) {
    return {
      kind: "invalid_joining_request_id",
      reason: `request ${range.requestId} is no subscription of this session`,
    };
  }
  const joining = served.joiningLocation;
  if (!served.forward) return { kind: "invalid_range", reason: "the subscription is paused" };
  if (joining === undefined) return NOTHING_PUBLISHED;
  const isRelative = range.type === "relative_joining";
  if (isRelative && range.start > joining.group) {
    return { kind: "invalid_range", reason: "the track has not so many groups" };
  }
  const group = isRelative ? joining.group - range.start : range.start;
  const start = { group, object: 0n };
  return { name: served.entry.track.name, range: () => ({ start, end: joining }) };
}

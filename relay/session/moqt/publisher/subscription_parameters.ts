import type { Filter, Location, Parameters } from "@qumo/shared/wire";
import { type Refusal, type Track, windowOf } from "../../../track/mod.ts";
import type { Wishes } from "../../delivery/subscription.ts";

/** What both SUBSCRIBE and the answer to a PUBLISH say of a subscriber's wishes. */
export type WishParameters = Parameters<
  | "filter"
  | "forward"
  | "subscriberPriority"
  | "groupOrder"
  | "objectDeliveryTimeout"
  | "subgroupDeliveryTimeout"
>;

const DEFAULT_PRIORITY = 128;

/** What a subscriber wants who says nothing. */
export function initialWishes({ properties }: Track): Wishes {
  return {
    window: windowOf(undefined, undefined),
    forward: true,
    priority: DEFAULT_PRIORITY,
    order: properties.groupOrder,
    objectTimeout: undefined,
    subgroupTimeout: undefined,
  };
}

/** The wishes after a message: what it does not mention stays. */
export function wishesOf(
  parameters: WishParameters,
  before: Wishes,
  largest: Location | undefined,
): Wishes {
  const { filter, forward, subscriberPriority, groupOrder } = parameters;
  return {
    window: filter === undefined ? before.window : windowOf(filter, largest),
    forward: forward ?? before.forward,
    priority: subscriberPriority ?? before.priority,
    order: groupOrder ?? before.order,
    objectTimeout: timeoutOf(parameters.objectDeliveryTimeout, before.objectTimeout),
    subgroupTimeout: timeoutOf(parameters.subgroupDeliveryTimeout, before.subgroupTimeout),
  };
}

/** Whether a filter counts from the largest object. */
export function isFromLargest(filter: Filter | undefined): boolean {
  return filter?.type === "largest_object" || filter?.type === "next_group";
}

/** A timeout after a message, in which 0 means none (#delivery-timeouts). */
function timeoutOf(said: bigint | undefined, before: number | undefined): number | undefined {
  if (said === undefined) return before;
  return said === 0n ? undefined : Number(said);
}

/** The refusal of a filter that nothing can pass any more. */
export function unsatisfiable(
  filter: Filter | undefined,
  largest: Location | undefined,
): Refusal | undefined {
  if (filter?.type !== "absolute_range" || largest === undefined) return undefined;
  if (filter.endGroup >= largest.group) return undefined;
  return { kind: "invalid_range", reason: `group ${filter.endGroup} is over` };
}

import type { Draft, Filter, Location, Parameters, RangeFilterName } from "@qumo/shared/wire";
import { type Refusal, type Track, windowOf } from "../../../track/mod.ts";
import type { SubscriptionOptions } from "../../delivery/subscription_options.ts";

/** The parameters of SUBSCRIBE, REQUEST_UPDATE and the answer to a PUBLISH that set delivery options. */
export type SubscriptionParameters = Parameters<
  | "filter"
  | "forward"
  | "subscriberPriority"
  | "groupOrder"
  | "fill"
  | "objectDeliveryTimeout"
  | "subgroupDeliveryTimeout"
  | RangeFilterName
>;

const DEFAULT_PRIORITY = 128;

/** The options of a SUBSCRIBE without parameters (#message-params). */
export function defaultOptions({ properties }: Track): SubscriptionOptions {
  return {
    window: windowOf(undefined, undefined),
    forward: true,
    priority: DEFAULT_PRIORITY,
    order: properties.groupOrder,
    objectTimeout: undefined,
    subgroupTimeout: undefined,
  };
}

/** The options after a message: a parameter that the message omits keeps its value. */
export function applyParameters(
  parameters: SubscriptionParameters,
  before: SubscriptionOptions,
  largest: Location | undefined,
): SubscriptionOptions {
  const { filter, forward, subscriberPriority, groupOrder } = parameters;
  return {
    ...before,
    window: filter === undefined ? before.window : windowOf(filter, largest),
    forward: forward ?? before.forward,
    priority: subscriberPriority ?? before.priority,
    order: groupOrder ?? before.order,
    objectTimeout: timeoutOf(parameters.objectDeliveryTimeout, before.objectTimeout),
    subgroupTimeout: timeoutOf(parameters.subgroupDeliveryTimeout, before.subgroupTimeout),
  };
}

/** Whether a filter is relative to the largest object. */
export function isFromLargest(filter: Filter | undefined): boolean {
  return filter !== undefined && FROM_LARGEST.has(filter.type);
}

const FROM_LARGEST: ReadonlySet<Filter["type"]> = new Set([
  "largest_object",
  "next_group",
  "recent_groups",
]);

/** A timeout after a message; 0 removes it (#delivery-timeouts). */
function timeoutOf(value: bigint | undefined, before: number | undefined): number | undefined {
  if (value === undefined) return before;
  return value === 0n ? undefined : Number(value);
}

/**
 * The refusal of a filter that no future object can match, where the draft does not let one have such a
 * filter; undefined for any other.
 */
export function unsatisfiable(
  { allows }: Draft,
  filter: Filter | undefined,
  largest: Location | undefined,
): Refusal | undefined {
  if (filter?.type !== "absolute_range" || largest === undefined) return undefined;
  if (allows?.pastFilters) return undefined;
  if (filter.endGroup >= largest.group) return undefined;
  return { kind: "invalid_range", reason: `group ${filter.endGroup} is over` };
}

import type { DeliveryTimeouts, GroupOrder } from "@qumo/shared/wire";
import {
  type ObjectFilter,
  sendOrder,
  type SubgroupLog,
  type Track,
  type Window,
} from "../../track/mod.ts";

/** The options of a subscription, all of which can change during its lifetime. */
export interface SubscriptionOptions {
  readonly window: Window;
  readonly forward: boolean;
  /** The subscriber's priority, 0 to 255; lower is sent first. */
  readonly priority: number;
  readonly order: GroupOrder;
  /** Absent: all objects of the window pass. */
  readonly filter?: ObjectFilter | undefined;
  /**
   * The subscriber's object delivery timeout in milliseconds, in addition to the publisher's;
   * undefined for none.
   */
  readonly objectTimeout: number | undefined;
  /**
   * The subscriber's subgroup delivery timeout in milliseconds, in addition to the publisher's;
   * undefined for none.
   */
  readonly subgroupTimeout: number | undefined;
  /**
   * Milliseconds by which a group may have begun before the newest one while bytes of it still wait
   * for the subscriber; then it is given up. Absent for no limit.
   */
  readonly staleAfter?: number | undefined;
}

/** The point in the track at which delivery starts. */
export type JoinPoint =
  /** Objects that arrive from now on. */
  | "live"
  /** The first object of the largest group, which decoders need for the rest. */
  | "group_start"
  /** The first object of the window that is cached. */
  | "window_start"
  /**
   * The first object of the filter that is cached; without a filter, the first object of the
   * largest group.
   */
  | "filter_start";

/** The effective object delivery timeout in milliseconds; Infinity for none (#delivery-timeouts). */
export function objectTimeout(
  options: SubscriptionOptions,
  { properties }: Track,
  own?: DeliveryTimeouts,
): number {
  const { objectDeliveryTimeout = Infinity, maxCacheDuration = Infinity } = properties;
  const published = own?.object ?? objectDeliveryTimeout;
  return Math.min(options.objectTimeout ?? Infinity, published, maxCacheDuration);
}

/** The effective subgroup delivery timeout in milliseconds; Infinity for none (#delivery-timeouts). */
export function subgroupTimeout(
  options: SubscriptionOptions,
  { properties: { subgroupDeliveryTimeout = Infinity } }: Track,
  own?: DeliveryTimeouts,
): number {
  return Math.min(options.subgroupTimeout ?? Infinity, own?.subgroup ?? subgroupDeliveryTimeout);
}

/** The transport's send order of a subgroup's stream. */
export function sendOrderOf(
  log: SubgroupLog,
  { priority, order }: SubscriptionOptions,
  { properties }: Track,
): number {
  return sendOrder({
    subscriberPriority: priority,
    publisherPriority: log.priority ?? properties.defaultPriority,
    order,
    groupOrdinal: log.groupOrdinal,
    subgroup: log.subgroup,
  });
}

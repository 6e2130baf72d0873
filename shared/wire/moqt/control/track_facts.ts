import { ByteWriter } from "../../bytes.ts";
import { type Pair, pairsOf } from "../../pairs.ts";
import type { PropertyForm } from "../../properties.ts";
import { rfc9000 } from "../../varint.ts";
import type { DataDialect } from "../data/dialect.ts";
import { Property } from "../data/property.ts";
import { integersOf } from "../data/track_properties.ts";
import type { MultiplexedRules } from "../model/multiplexed_rules.ts";
import type { GroupOrder } from "../model/group_order.ts";
import type { Parameters } from "../model/parameters.ts";

/*
 * Drafts 14 and 15 have no track properties: what a publisher says of its track is among the
 * parameters and fields of its messages. Here one becomes the other. What has no parameter is not
 * said.
 */

/** What these drafts can say of a track. */
export type TrackFacts = Parameters<
  | "objectDeliveryTimeout"
  | "maxCacheDuration"
  | "publisherPriority"
  | "groupOrder"
  | "dynamicGroups"
>;

const absolutePairs = pairsOf({ types: "absolute", isCounted: false });

/** The track properties that say the same. */
export function asProperties(facts: TrackFacts): Uint8Array {
  const { objectDeliveryTimeout, maxCacheDuration, publisherPriority, groupOrder } = facts;
  const list: Pair[] = [];
  const add = (type: bigint, value: bigint | undefined) => {
    if (value !== undefined) list.push({ type, value });
  };
  add(Property.OBJECT_DELIVERY_TIMEOUT, objectDeliveryTimeout || undefined);
  add(Property.MAX_CACHE_DURATION, maxCacheDuration);
  add(
    Property.DEFAULT_PUBLISHER_PRIORITY,
    publisherPriority === undefined ? undefined : BigInt(publisherPriority),
  );
  // Ascending is what nothing says.
  add(Property.DEFAULT_PUBLISHER_GROUP_ORDER, groupOrder === "descending" ? 2n : undefined);
  add(Property.DYNAMIC_GROUPS, facts.dynamicGroups ? 1n : undefined);
  const writer = new ByteWriter(rfc9000);
  absolutePairs.encode(writer, list);
  return writer.finish();
}

/** What track properties in this form say, as far as these drafts can say it. */
export function factsOf(
  properties: Uint8Array,
  form: PropertyForm,
): TrackFacts & { readonly groupOrder: GroupOrder } {
  const integers = integersOf(properties, form);
  const objectDeliveryTimeout = integers.get(Property.OBJECT_DELIVERY_TIMEOUT) || undefined;
  const maxCacheDuration = integers.get(Property.MAX_CACHE_DURATION);
  const priority = integers.get(Property.DEFAULT_PUBLISHER_PRIORITY);
  const isDescending = integers.get(Property.DEFAULT_PUBLISHER_GROUP_ORDER) === 2n;
  return {
    ...(objectDeliveryTimeout !== undefined && { objectDeliveryTimeout }),
    ...(maxCacheDuration !== undefined && { maxCacheDuration }),
    ...(priority !== undefined && { publisherPriority: Number(priority) }),
    groupOrder: isDescending ? "descending" : "ascending",
    ...(integers.get(Property.DYNAMIC_GROUPS) === 1n && { dynamicGroups: true }),
  };
}

/** The types of track properties that draft 14 has words for. */
export const FACTS_14: ReadonlySet<bigint> = new Set([
  Property.OBJECT_DELIVERY_TIMEOUT,
  Property.MAX_CACHE_DURATION,
  Property.DEFAULT_PUBLISHER_GROUP_ORDER,
]);

/** The types of track properties that draft 15 has words for. */
export const FACTS_15: ReadonlySet<bigint> = new Set([
  ...FACTS_14,
  Property.DEFAULT_PUBLISHER_PRIORITY,
  Property.DYNAMIC_GROUPS,
]);

/** How many of these track properties a draft leaves out, since it has no words for them. */
export function unsaidProperties(
  { requests, data }: {
    readonly requests: Pick<MultiplexedRules, "trackProperties">;
    readonly data: Pick<DataDialect, "properties">;
  },
  properties: Uint8Array,
): number {
  const { trackProperties } = requests;
  if (trackProperties === undefined) return 0;
  return data.properties.read(properties).filter(({ type }) => !trackProperties.has(type)).length;
}

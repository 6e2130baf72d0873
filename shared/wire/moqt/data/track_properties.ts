import { ByteReader } from "../../bytes.ts";
import { DecodeError } from "../../errors.ts";
import { type Pair, pairs } from "../../pairs.ts";
import type { TrackProperties } from "../../properties.ts";
import type { VarintFormat } from "../../varint.ts";
import type { GroupOrder } from "../model/group_order.ts";
import type { DataDialect } from "./dialect.ts";
import { isMandatory, Property } from "./property.ts";

const DEFAULT_PRIORITY = 128n;
const MAX_PRIORITY = 255n;
const ASCENDING = 1n;
const DESCENDING = 2n;

/**
 * Reads the properties of a track, the immutable ones too. Where both lists have the same one, the
 * mutable list is believed: it is what the last hop says.
 *
 * @throws {DecodeError} "short" or "malformed" for what ends the session as a protocol violation,
 * "key_value" for immutable properties that are none.
 */
export function decodeTrackProperties(
  bytes: Uint8Array,
  dialect: DataDialect,
): TrackProperties {
  const list = pairs.decode(new ByteReader(bytes, dialect.varint));
  const all = [...list, ...list.flatMap((pair) => immutableOf(pair, dialect.varint))];
  const integers = new Map<bigint, bigint>();
  const unknownMandatory = new Set<bigint>();
  for (const { type, value } of all) {
    if (isMandatory(type)) unknownMandatory.add(type);
    if (typeof value === "bigint" && !integers.has(type)) integers.set(type, value);
  }
  return {
    objectDeliveryTimeout: milliseconds(integers.get(Property.OBJECT_DELIVERY_TIMEOUT)) ||
      undefined,
    subgroupDeliveryTimeout: milliseconds(integers.get(Property.SUBGROUP_DELIVERY_TIMEOUT)) ||
      undefined,
    maxCacheDuration: milliseconds(integers.get(Property.MAX_CACHE_DURATION)),
    defaultPriority: priorityOf(integers.get(Property.DEFAULT_PUBLISHER_PRIORITY)),
    groupOrder: groupOrderOf(integers.get(Property.DEFAULT_PUBLISHER_GROUP_ORDER)),
    timescale: integers.get(Property.TIMESCALE) || undefined,
    dynamicGroups: dynamicGroupsOf(integers.get(Property.DYNAMIC_GROUPS)),
    unknownMandatory: [...unknownMandatory],
  };
}

function immutableOf({ type, value }: Pair, format: VarintFormat): readonly Pair[] {
  if (type !== Property.IMMUTABLE_PROPERTIES || typeof value === "bigint") return [];
  try {
    return pairs.decode(new ByteReader(value, format));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new DecodeError("key_value", `Immutable properties: ${error.message}`);
  }
}

/** Milliseconds as a number; larger values become 2^53-1. */
function milliseconds(value: bigint | undefined): number | undefined {
  if (value === undefined) return undefined;
  return value > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(value);
}

function priorityOf(value: bigint = DEFAULT_PRIORITY): number {
  if (value > MAX_PRIORITY) throw new DecodeError("malformed", `Publisher priority ${value}`);
  return Number(value);
}

function groupOrderOf(value: bigint = ASCENDING): GroupOrder {
  if (value === ASCENDING) return "ascending";
  if (value === DESCENDING) return "descending";
  throw new DecodeError("malformed", `Publisher group order ${value}`);
}

function dynamicGroupsOf(value: bigint = 0n): boolean {
  if (value > 1n) throw new DecodeError("malformed", `Dynamic groups ${value}`);
  return value === 1n;
}

import { DecodeError } from "../../errors.ts";
import type { Pair } from "../../pairs.ts";
import type { PropertyBlock, PropertyForm, TrackProperties } from "../../properties.ts";
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
  const integers = integersOf(bytes, dialect.properties);
  const unknownMandatory = mandatoryOf(bytes, dialect.properties);
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
    unknownMandatory,
  };
}

/** The properties that are integers; of two of a type the first. */
export function integersOf(bytes: Uint8Array, form: PropertyForm): ReadonlyMap<bigint, bigint> {
  const integers = new Map<bigint, bigint>();
  for (const { type, value } of allOf(bytes, form)) {
    if (typeof value === "bigint" && !integers.has(type)) integers.set(type, value);
  }
  return integers;
}

/** The properties of an object or a track that are integers; none where they cannot be read. */
export function integerProperties(
  { bytes, form }: PropertyBlock,
): ReadonlyMap<bigint, bigint> {
  try {
    return bytes.length === 0 ? NO_INTEGERS : integersOf(bytes, form);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return NO_INTEGERS;
  }
}

const NO_INTEGERS: ReadonlyMap<bigint, bigint> = new Map();

function mandatoryOf(bytes: Uint8Array, form: PropertyForm): readonly bigint[] {
  if (!form.hasMandatory) return [];
  const types = allOf(bytes, form).map(({ type }) => type).filter(isMandatory);
  return [...new Set(types)];
}

/** All pairs, the mutable ones first. */
function allOf(bytes: Uint8Array, form: PropertyForm): readonly Pair[] {
  const list = form.read(bytes);
  return [...list, ...list.flatMap((pair) => immutableOf(pair, form))];
}

function immutableOf({ type, value }: Pair, form: PropertyForm): readonly Pair[] {
  if (type !== Property.IMMUTABLE_PROPERTIES || typeof value === "bigint") return [];
  try {
    return form.read(value);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new DecodeError("key_value", `Immutable properties: ${error.message}`);
  }
}

/** Milliseconds as a number; larger values become 2^53-1. */
export function milliseconds(value: bigint | undefined): number | undefined {
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

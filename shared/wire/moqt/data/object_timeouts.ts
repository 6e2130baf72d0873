import { DecodeError } from "../../errors.ts";
import type { DeliveryTimeouts, PropertyForm } from "../../properties.ts";
import { Property } from "./property.ts";
import { integersOf, milliseconds } from "./track_properties.ts";

/**
 * The delivery timeouts among the properties of a subgroup's first object (#delivery-timeouts), the
 * immutable ones too; undefined when there are none.
 */
export function deliveryTimeouts(
  properties: Uint8Array,
  form: PropertyForm,
): DeliveryTimeouts | undefined {
  if (properties.length === 0) return undefined;
  const integers = integersOrNone(properties, form);
  const object = timeoutOf(integers.get(Property.OBJECT_DELIVERY_TIMEOUT));
  const subgroup = timeoutOf(integers.get(Property.SUBGROUP_DELIVERY_TIMEOUT));
  if (object === undefined && subgroup === undefined) return undefined;
  return { ...(object !== undefined && { object }), ...(subgroup !== undefined && { subgroup }) };
}

/** What the relay cannot read says nothing to it: it passes it on. */
function integersOrNone(bytes: Uint8Array, form: PropertyForm): ReadonlyMap<bigint, bigint> {
  try {
    return integersOf(bytes, form);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return new Map();
  }
}

/** 0 says that there is none. */
function timeoutOf(value: bigint | undefined): number | undefined {
  return value === 0n ? Infinity : milliseconds(value);
}

import type { DeliveryTimeouts, PropertyForm } from "../../properties.ts";
import { Property } from "./property.ts";
import { integerProperties, milliseconds } from "./track_properties.ts";

/**
 * The delivery timeouts among the properties of a subgroup's first object (#delivery-timeouts), the
 * immutable ones too; undefined when there are none.
 */
export function deliveryTimeouts(
  properties: Uint8Array,
  form: PropertyForm,
): DeliveryTimeouts | undefined {
  if (properties.length === 0) return undefined;
  const integers = integerProperties({ bytes: properties, form });
  const object = timeoutOf(integers.get(Property.OBJECT_DELIVERY_TIMEOUT));
  const subgroup = timeoutOf(integers.get(Property.SUBGROUP_DELIVERY_TIMEOUT));
  if (object === undefined && subgroup === undefined) return undefined;
  return { ...(object !== undefined && { object }), ...(subgroup !== undefined && { subgroup }) };
}

/** 0 says that there is none. */
function timeoutOf(value: bigint | undefined): number | undefined {
  return value === 0n ? Infinity : milliseconds(value);
}

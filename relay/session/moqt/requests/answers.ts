import { type ControlMessageOf, NO_PROPERTIES } from "@qumo/shared/wire";

/** A REQUEST_OK; only the answer to TRACK_STATUS has properties. */
export function requestOk(
  parameters: ControlMessageOf<"requestOk">["parameters"] = {},
  properties: Uint8Array = NO_PROPERTIES,
): ControlMessageOf<"requestOk"> {
  return { kind: "requestOk", parameters, properties };
}

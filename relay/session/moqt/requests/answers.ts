import { type ControlMessageOf, NO_PROPERTIES } from "@qumo/shared/wire";

/** The answer that agrees to a request, or to a change of one; only TRACK_STATUS has properties. */
export function requestOk(
  parameters: ControlMessageOf<"requestOk">["parameters"] = {},
  properties: Uint8Array = NO_PROPERTIES,
): ControlMessageOf<"requestOk"> {
  return { kind: "requestOk", parameters, properties };
}

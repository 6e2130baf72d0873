import { type ControlMessageOf, NO_PROPERTIES } from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";

/** A REQUEST_OK; only the answer to TRACK_STATUS has properties. */
export function requestOk(
  parameters: ControlMessageOf<"requestOk">["parameters"] = {},
  properties: Uint8Array = NO_PROPERTIES,
): ControlMessageOf<"requestOk"> {
  return { kind: "requestOk", parameters, properties };
}

/** A REQUEST_OK that agrees to a PUBLISH, with what its subscription begins with. */
export function publishOk(
  parameters: ControlMessageOf<"requestOk">["parameters"] = {},
): ControlMessageOf<"requestOk"> {
  return { ...requestOk(parameters), answersPublish: true };
}

/** The refusal of a request whose answer the asking peer's draft has no words for. */
export const INEXPRESSIBLE_ANSWER: Refusal = {
  kind: "not_supported",
  reason: "this version of the protocol cannot carry the answer",
};

/** The refusal of whoever waits for a request that the asked peer's draft has no words for. */
export const INEXPRESSIBLE_REQUEST: Refusal = {
  kind: "not_supported",
  reason: "the publisher's version of the protocol cannot carry the request",
};

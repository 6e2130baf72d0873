import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Draft, NO_PROPERTIES, type PropertyBlock } from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";
import { expressible } from "./expressible.ts";

/** The properties of a track in a draft's encoding, converted from that of its publisher. */
export function trackProperties(
  { data }: Draft,
  block: PropertyBlock | undefined,
): Outcome<Uint8Array, Refusal> {
  if (block === undefined) return done(NO_PROPERTIES);
  const bytes = expressible(() => data.properties.of(block));
  return bytes === undefined ? refused(INEXPRESSIBLE) : done(bytes);
}

/** For messages that cannot be sent because the draft cannot express the track's properties. */
const INEXPRESSIBLE: Refusal = {
  kind: "not_supported",
  reason: "the track has properties that this version of the protocol cannot carry",
};

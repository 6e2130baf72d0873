import { done, type Outcome, refused } from "@qumo/shared/runtime";
import {
  DecodeError,
  type Draft,
  EncodeError,
  NO_PROPERTIES,
  type PropertyBlock,
} from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";

/** The properties of a track in a draft's encoding, converted from that of its publisher. */
export function trackProperties(
  { data }: Draft,
  block: PropertyBlock | undefined,
): Outcome<Uint8Array, Refusal> {
  if (block === undefined) return done(NO_PROPERTIES);
  try {
    return done(data.properties.of(block));
  } catch (error) {
    if (error instanceof EncodeError || error instanceof DecodeError) return refused(INEXPRESSIBLE);
    throw error;
  }
}

/** For messages that cannot be sent because the draft cannot express the track's properties. */
const INEXPRESSIBLE: Refusal = {
  kind: "not_supported",
  reason: "the track has properties that this version of the protocol cannot carry",
};

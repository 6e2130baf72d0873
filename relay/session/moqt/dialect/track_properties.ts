import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Draft, type PropertyBlock, unsaidProperties } from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";
import { expressible } from "./expressible.ts";

/** The properties of a track as a message of some draft has them. */
export interface TrackPropertyBytes {
  readonly bytes: Uint8Array;
  /** How many of them the draft has no words for. */
  readonly unsaid: number;
}

/** The properties of a track in a draft's encoding, converted from that of its publisher. */
export function trackProperties(
  draft: Draft,
  block: PropertyBlock,
): Outcome<TrackPropertyBytes, Refusal> {
  const bytes = expressible(() => draft.data.properties.of(block));
  if (bytes === undefined) return refused(INEXPRESSIBLE);
  return done({ bytes, unsaid: unsaidOf(draft, block, bytes) });
}

function unsaidOf(draft: Draft, { bytes: all, form }: PropertyBlock, said: Uint8Array): number {
  const { properties } = draft.data;
  // What would be taken for mandatory is not among them.
  const converted = properties === form ? 0 : form.read(all).length - properties.read(said).length;
  return converted + (draft.family === "A" ? unsaidProperties(draft, said) : 0);
}

/** For messages that cannot be sent because the draft cannot express the track's properties. */
const INEXPRESSIBLE: Refusal = {
  kind: "not_supported",
  reason: "the track has properties that this version of the protocol cannot carry",
};

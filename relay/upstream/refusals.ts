import type { Refusal, TrackEnd } from "../track/mod.ts";

/* Refusals of tracks that other relays publish. */

export const NOBODY: Refusal = { kind: "does_not_exist", reason: "nobody publishes the track" };

export const OUT_OF_REACH: Refusal = {
  kind: "does_not_exist",
  reason: "the relay that has the track cannot be reached",
};

export const NO_ROUTE: Refusal = {
  kind: "timeout",
  reason: "no route to the relay that has the track",
};

export const NOT_WANTED: Refusal = {
  kind: "timeout",
  reason: "no subscriber waits for the track",
};

export const ROUTING_LOOP: Refusal = {
  kind: "timeout",
  reason: "routing loop: the neighbor has the track from this relay, or through too many relays",
};

const PASSING: ReadonlySet<Refusal["kind"]> = new Set([
  "timeout",
  "going_away",
  "internal_error",
  "excessive_load",
]);

/** Whether the refusal may be temporary. */
export function isPassing({ kind }: Refusal): boolean {
  return PASSING.has(kind);
}

const FINAL: ReadonlySet<TrackEnd["kind"]> = new Set(["ended", "replaced", "malformed"]);

/** Whether the end applies to the track, not only to this neighbor. */
export function isFinal({ kind }: TrackEnd): boolean {
  return FINAL.has(kind);
}

import type { Location } from "@qumo/shared/wire";

/** The object id that stands for "to the end of the group" in an inclusive range. */
export const WHOLE_GROUP = 2n ** 64n - 1n;

/** The last location of a range, from the wire's end: one object more, 0 for the whole group (#message-fetch). */
export function endFromWire(end: Location): Location {
  return { group: end.group, object: end.object === 0n ? WHOLE_GROUP : end.object - 1n };
}

/** The wire's end of a range, from its last location. */
export function endToWire(end: Location): Location {
  return { group: end.group, object: end.object === WHOLE_GROUP ? 0n : end.object + 1n };
}

import { type Codec, struct, varint } from "./codec.ts";

/** The position of an object in its track (#location-structure). */
export interface Location {
  readonly group: bigint;
  readonly object: bigint;
}

/** Group, then object. */
export const location: Codec<Location> = struct({ group: varint, object: varint });

/** Negative when `a` comes before `b`, positive when after, 0 when equal. */
export function compareLocations(a: Location, b: Location): number {
  if (a.group !== b.group) return a.group < b.group ? -1 : 1;
  if (a.object !== b.object) return a.object < b.object ? -1 : 1;
  return 0;
}

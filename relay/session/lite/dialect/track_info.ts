import {
  DEFAULT_TRACK_PROPERTIES,
  liteTrackBlock,
  type LiteTrackInfo,
  type PropertyBlock,
  type TrackProperties,
} from "@qumo/shared/wire";
import { turnPriority } from "./priority.ts";

/**
 * Units a second of a track whose publisher names none. LOC reads timestamps without units so, and the
 * frames of objects without a timestamp have the time at which they came.
 */
export const DEFAULT_TIMESCALE = 1_000_000n;

/** What a track's properties are for subscribers; `maxAge` is how long its groups are kept. */
export function trackInfoOf(properties: TrackProperties, maxAge: bigint): LiteTrackInfo {
  return {
    priority: turnPriority(properties.defaultPriority),
    oldestFirst: properties.groupOrder === "ascending",
    maxAge,
    timescale: properties.timescale ?? DEFAULT_TIMESCALE,
  };
}

/**
 * What a publisher says of its track, as the model has it. For how long it keeps old groups is not
 * passed on: MoQT's property would end the newest group too.
 */
export function propertiesOf(
  info: LiteTrackInfo,
): { readonly block: PropertyBlock; readonly properties: TrackProperties } {
  const properties: TrackProperties = {
    ...DEFAULT_TRACK_PROPERTIES,
    defaultPriority: turnPriority(info.priority),
    groupOrder: info.oldestFirst ? "ascending" : "descending",
    timescale: info.timescale === 0n ? undefined : info.timescale,
  };
  return { block: liteTrackBlock(properties), properties };
}

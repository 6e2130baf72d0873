import {
  encodeTimestamp,
  type LiteGroup,
  type LiteVersion,
  NO_PROPERTIES,
} from "@qumo/shared/wire";
import type { SubgroupStreamInit } from "../../../track/mod.ts";

/** The properties of the object that a frame with this timestamp is. */
export function propertiesOfFrame({ frames }: LiteVersion, timestamp: bigint): Uint8Array {
  return frames.hasTimestamps ? encodeTimestamp(timestamp) : NO_PROPERTIES;
}

/** A group's stream as that of a subgroup: the only one, with which the group ends. */
export function subgroupOf(
  { group, startFrame }: LiteGroup,
  { frames }: LiteVersion,
): SubgroupStreamInit {
  return {
    group,
    subgroup: 0n,
    priority: undefined,
    hasProperties: frames.hasTimestamps,
    endOfGroup: true,
    firstObject: startFrame === 0n,
  };
}

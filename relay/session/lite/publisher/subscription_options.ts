import type { LiteSubscribeUpdate, Location } from "@qumo/shared/wire";
import type { Track, Window } from "../../../track/mod.ts";
import type { JoinPoint, SubscriptionOptions } from "../../delivery/subscription_options.ts";
import { turnPriority } from "../dialect/priority.ts";

/** Where delivery of a subscription starts: groups are of use from their first frame on alone. */
export function joinOf({ start }: LiteSubscribeUpdate): JoinPoint {
  return start.kind === "latest" ? "group_start" : "window_start";
}

/** Whether the newest group, of which the start may be missing here, is part of what is wanted. */
export function wantsCurrent(
  { start }: LiteSubscribeUpdate,
  largest: Location | undefined,
): boolean {
  return start.kind !== "group" || largest !== undefined && start.group <= largest.group;
}

/** What a subscriber wants of a track, as far as the track has come. */
export function optionsOf(wanted: LiteSubscribeUpdate, track: Track): SubscriptionOptions {
  return {
    window: windowOf(wanted, track),
    forward: true,
    priority: turnPriority(wanted.priority),
    order: wanted.oldestFirst ? "ascending" : "descending",
    objectTimeout: undefined,
    subgroupTimeout: undefined,
    staleAfter: Number(wanted.maxAge),
  };
}

/** The first group that is delivered; undefined while that is not known. */
export function firstGroupOf({ start }: Window, track: Track): bigint | undefined {
  const { largest } = track;
  if (largest === undefined || largest.group < start.group) return undefined;
  return track.groupsBetween(start.group, largest.group)[0]?.id ?? largest.group;
}

function windowOf(wanted: LiteSubscribeUpdate, track: Track): Window {
  return { start: startOf(wanted, track), ...endOf(wanted) };
}

function endOf({ endGroup, endFrame }: LiteSubscribeUpdate): Omit<Window, "start"> {
  return { endGroup, ...(endFrame !== undefined && { endObject: endFrame }) };
}

function startOf({ start, startFrame, maxAge }: LiteSubscribeUpdate, track: Track): Location {
  switch (start.kind) {
    case "latest":
      return { group: track.largest?.group ?? 0n, object: 0n };
    case "group":
      return { group: start.group, object: 0n };
    case "floor": {
      const group = oldestWanted(track, start.group, Number(maxAge));
      return { group, object: group === start.group ? startFrame : 0n };
    }
  }
}

/**
 * The oldest group that is not expired (06, "Expiration"), by the times at which groups came in place of
 * their timestamps: a group reaches as far as the one behind it.
 */
function oldestWanted(track: Track, floor: bigint, maxAge: number): bigint {
  const { largest, lastArrival } = track;
  if (largest === undefined || largest.group < floor || lastArrival === undefined) return floor;
  let oldest = largest.group;
  for (const { id, touched } of track.groupsBetween(floor, largest.group).reverse()) {
    if (id !== largest.group && lastArrival - touched >= maxAge) break;
    oldest = id;
  }
  return oldest;
}

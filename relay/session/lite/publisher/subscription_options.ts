import type { LiteSubscribeUpdate, Location } from "@qumo/shared/wire";
import type { Window } from "../../../track/mod.ts";
import type { JoinPoint, SubscriptionOptions } from "../../delivery/subscription.ts";
import { turnPriority } from "../dialect/priority.ts";

/** Where delivery of a subscription starts: groups are of use from their first frame on alone. */
export function joinOf({ start }: LiteSubscribeUpdate): JoinPoint {
  return start.kind === "latest" ? "group_start" : "window_start";
}

/** What a subscriber wants, when the track has come to this location. */
export function optionsOf(
  wanted: LiteSubscribeUpdate,
  largest: Location | undefined,
): SubscriptionOptions {
  return {
    window: windowOf(wanted, largest),
    forward: true,
    priority: turnPriority(wanted.priority),
    order: wanted.oldestFirst ? "ascending" : "descending",
    objectTimeout: undefined,
    subgroupTimeout: undefined,
    staleAfter: Number(wanted.maxAge),
  };
}

function windowOf(
  { start, endGroup, startFrame }: LiteSubscribeUpdate,
  largest: Location | undefined,
): Window {
  const group = start.kind === "latest" ? largest?.group ?? 0n : start.group;
  const object = start.kind === "group" ? startFrame : 0n;
  return { start: { group, object }, endGroup };
}

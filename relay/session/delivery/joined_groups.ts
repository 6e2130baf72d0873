import { isUnfiltered, type Track, type Window } from "../../track/mod.ts";
import type { JoinPoint } from "./subscription_options.ts";

const LAST_GROUP = 2n ** 64n - 1n;

/** The cached groups, ascending, that a subscriber who joins here may get something of. */
export function joinedGroups(
  track: Track,
  window: Window,
  join: JoinPoint,
): ReturnType<Track["groupsBetween"]> {
  const { largest } = track;
  const isFromLargest = join === "group_start" || join === "filter_start" && isUnfiltered(window);
  const from = isFromLargest && largest !== undefined ? largest.group : window.start.group;
  return track.groupsBetween(from, window.endGroup ?? LAST_GROUP);
}

import type { Feed } from "./feed.ts";
import { prevails } from "./replacement.ts";
import type { Track } from "../objects/track.ts";
import type { ReplacementPolicy } from "../../vocabulary/mod.ts";

/** The track, and its group that is requested. */
interface StandingInit {
  readonly track: Track;
  readonly policy: ReplacementPolicy;
  readonly group: bigint;
}

/**
 * Sorts feeds by the order in which a past group is requested of their publishers: those that
 * deliver that group live, those that deliver the track, those whose largest location reaches the
 * group, then the others. Among equals the one that keeps the track by policy is first.
 */
export function byStanding(feeds: readonly Feed[], init: StandingInit): Feed[] {
  const { policy } = init;
  const rank = (feed: Feed) => standingOf(feed, init);
  const first = (a: Feed, b: Feed) => prevails(policy, a, b) ? -1 : prevails(policy, b, a) ? 1 : 0;
  return [...feeds].sort((a, b) => rank(b) - rank(a) || first(a, b));
}

/**
 * The feeds whose publishers' answers for a past group may be cached: those that deliver that group
 * live, otherwise the first by standing.
 */
export function trusted(feeds: readonly Feed[], init: StandingInit): Feed[] {
  const ordered = byStanding(feeds, init);
  const delivering = ordered.filter((feed) => standingOf(feed, init) === DELIVERS_GROUP);
  return delivering.length > 0 ? delivering : ordered.slice(0, 1);
}

const DELIVERS_GROUP = 3;

function standingOf({ source, largest }: Feed, { track, group }: StandingInit): number {
  if (source !== undefined) {
    if (track.group(group)?.isBroughtBy(source)) return DELIVERS_GROUP;
    if (track.sources.has(source)) return 2;
  }
  return largest !== undefined && largest.group >= group ? 1 : 0;
}

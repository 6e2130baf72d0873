import type { Feed } from "./feed.ts";
import { prevails } from "./replacement.ts";
import type { Track } from "../objects/track.ts";
import type { ReplacementPolicy } from "../../vocabulary.ts";

/** What is known of a track when its past is asked for. */
interface StandingInit {
  readonly track: Track;
  readonly policy: ReplacementPolicy;
  readonly group: bigint;
}

/**
 * Feeds in the order in which their publishers are asked for a group of the past: those who bring that
 * very group live, those who bring the track, those who said that they have so much of it, and all
 * others; of equals the one that has the track by policy.
 */
export function byStanding(feeds: readonly Feed[], init: StandingInit): Feed[] {
  const { policy } = init;
  const rank = (feed: Feed) => standingOf(feed, init);
  const first = (a: Feed, b: Feed) => prevails(policy, a, b) ? -1 : prevails(policy, b, a) ? 1 : 0;
  return [...feeds].sort((a, b) => rank(b) - rank(a) || first(a, b));
}

/**
 * Whose answers for a group of the past are the track's, for everybody: those who bring that very group
 * live, or the one who has the track.
 */
export function trusted(feeds: readonly Feed[], init: StandingInit): Feed[] {
  const ordered = byStanding(feeds, init);
  const bringing = ordered.filter((feed) => standingOf(feed, init) === BRINGS_GROUP);
  return bringing.length > 0 ? bringing : ordered.slice(0, 1);
}

const BRINGS_GROUP = 3;

function standingOf({ source, largest }: Feed, { track, group }: StandingInit): number {
  if (source !== undefined) {
    if (track.group(group)?.isBroughtBy(source)) return BRINGS_GROUP;
    if (track.sources.has(source)) return 2;
  }
  return largest !== undefined && largest.group >= group ? 1 : 0;
}

import type { FullTrackName } from "@qumo/shared/wire";
import type { Feed } from "./feed.ts";
import type { FeedSet } from "./feed_set.ts";
import type { Publisher } from "./publisher.ts";
import { isNewer } from "../objects/source.ts";
import type { Track } from "../objects/track.ts";
import type { ReplacementOutcome, ReplacementPolicy } from "../../vocabulary/mod.ts";

/** A publisher took over a track, or failed to. */
export interface Replacement {
  readonly track: FullTrackName;
  readonly winner: Publisher;
  /** The publishers whose feeds ended. */
  readonly losers: readonly Publisher[];
  readonly outcome: ReplacementOutcome;
  /** The contradiction, for people. */
  readonly reason: string;
}

/** The feed that keeps a contested track, and those that lose it. */
export interface Contest {
  readonly winner: Feed;
  readonly losers: readonly Feed[];
  readonly outcome: ReplacementOutcome;
}

/** Whether `feed` prevails over a feed that delivers different objects of the same track. */
export function prevails(policy: ReplacementPolicy, feed: Feed, rival: Feed): boolean {
  // A feed whose session is unknown cannot claim to be the newer one.
  if (feed.source === undefined) return false;
  if (rival.source === undefined) return true;
  return isNewer(feed.source, rival.source) === (policy === "newest");
}

/** Decides between a feed that contradicts its track and the feeds that delivered the track. */
export function decideContest(
  feed: Feed,
  feeds: FeedSet,
  { track, policy }: { readonly track: Track; readonly policy: ReplacementPolicy },
): Contest {
  const rivals = [...feeds.flowing()].filter((rival) =>
    rival !== feed && (rival.source === undefined || track.sources.has(rival.source))
  );
  const stronger = rivals.find((rival) => !prevails(policy, feed, rival));
  const outcome = rivals.length === 0 ? "gone" : policy === "newest" ? "newer" : "older";
  return stronger === undefined
    ? { winner: feed, losers: rivals, outcome }
    : { winner: stronger, losers: [feed], outcome };
}

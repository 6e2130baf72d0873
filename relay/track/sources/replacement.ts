import type { FullTrackName } from "@qumo/shared/wire";
import type { Feed } from "./feed.ts";
import type { Publisher } from "./publisher.ts";
import { isNewer } from "../objects/source.ts";

/** Who keeps a track that two publishers have different objects of. */
export type ReplacementPolicy =
  /** The one whose session began later. */
  | "newest"
  /** The one whose session began earlier, as long as it is there. */
  | "oldest"
  /** The same, and a second one is refused when it asks. */
  | "refuse";

/** How it was decided between publishers of one track. */
export type ReplacementOutcome =
  /** The newer session has the track now. */
  | "newer"
  /** The older session keeps it, and the newer one's feed ended. */
  | "older"
  /** The one before had gone: nobody was in the way. */
  | "gone";

/** One publisher took a track over, or failed to. */
export interface Replacement {
  readonly track: FullTrackName;
  readonly winner: Publisher;
  /** Those whose feeds ended. */
  readonly losers: readonly Publisher[];
  readonly outcome: ReplacementOutcome;
  /** What was contradicted, for people. */
  readonly reason: string;
}

/** Whether a feed prevails over one that brings other objects of the same track. */
export function prevails(policy: ReplacementPolicy, feed: Feed, rival: Feed): boolean {
  // Whose session is not known cannot claim to be the newer one.
  if (feed.source === undefined) return false;
  if (rival.source === undefined) return true;
  return isNewer(feed.source, rival.source) === (policy === "newest");
}

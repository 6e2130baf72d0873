import type { FullTrackName } from "@qumo/shared/wire";
import type { Feed } from "./feed.ts";
import type { Publisher } from "./publisher.ts";
import { isNewer } from "../objects/source.ts";
import type { ReplacementOutcome, ReplacementPolicy } from "../../vocabulary.ts";

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

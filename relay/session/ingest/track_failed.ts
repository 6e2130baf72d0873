import { type Log, trackText } from "@qumo/shared/runtime";
import { FeedLost, MalformedTrack, type WrittenFeed } from "../../track/mod.ts";
import type { TrackGivenUp } from "../../vocabulary/mod.ts";
import { isTransportEnd } from "../errors.ts";
import type { SessionMetrics } from "../metrics.ts";
import { ObjectTooLarge } from "./object_too_large.ts";

/** A feed that can be ended for what it brings. */
export interface FailingFeed extends WrittenFeed {
  /** Stops receiving although the publisher would send more. */
  giveUp(why: TrackGivenUp, reason: string): void;
}

/**
 * Decides whether an error of a track's data ends the stream, the track or the session; throws what
 * ends the session.
 */
export function trackFailed(
  feed: FailingFeed,
  error: unknown,
  { metrics, log }: { readonly metrics: SessionMetrics; readonly log: Log },
): void {
  if (isTransportEnd(error)) return;
  // The new owner of the track was reported where the takeover was decided.
  if (error instanceof FeedLost) return void metrics.droppedObjects.replaced++;
  if (error instanceof MalformedTrack) {
    metrics.malformed.track++;
    const track = trackText(feed.target.track.name);
    return log.warn("track malformed", { track, reason: error.message });
  }
  if (error instanceof ObjectTooLarge) {
    metrics.malformed.subgroup++;
    feed.drops.note("too_large");
    // Further objects would be too large too: end the track, so that its viewers learn why.
    return feed.giveUp("too_large", error.message);
  }
  throw error;
}

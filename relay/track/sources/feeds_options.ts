import type { Clock } from "@qumo/shared/runtime";
import type { Feed } from "./feed.ts";
import type { FeedState } from "./feed_set.ts";
import type { Publisher } from "./publisher.ts";
import type { Replacement } from "./replacement.ts";
import type { ReplacementPolicy } from "../../vocabulary.ts";

/** A feed of a track that its publisher offers itself. */
export interface Offer {
  readonly publisher: Publisher;
  readonly feed: Feed;
}

/** A feed that goes on in another track of the same name. */
export interface KeptFeed {
  readonly feed: Feed;
  readonly state: FeedState;
}

/** Settings of a track's {@linkcode Feeds}. */
export interface FeedsOptions {
  readonly clock: Clock;
  /** Milliseconds that a track is kept flowing after the last subscriber left. */
  readonly linger: number;
  /** The track is over, or nobody wants it and nobody offers it. */
  readonly onGone: () => void;
  /** Who keeps the track where publishers disagree. */
  readonly policy: ReplacementPolicy;
  /** The track is over and begins anew: where these feeds go on. */
  readonly renew: (feeds: readonly KeptFeed[]) => void;
  /** A publisher has taken the track over, or failed to. */
  readonly onReplaced: (replacement: Replacement) => void;
  /** Those who follow the track are about to be told to come back for another. */
  readonly onRenewed: () => void;
  /** A publisher delivers the track no more. */
  readonly onLeft: (publisher: Publisher) => void;
  /** Who could deliver the track when this publisher is lost, or when nobody is but a subscription. */
  readonly others: (lost: Publisher | undefined) => readonly Publisher[];
  /** Publishers that are here begin to offer the track, or the last of them ends. */
  readonly onOffered: (offered: boolean) => void;
}

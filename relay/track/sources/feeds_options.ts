import type { Clock } from "@qumo/shared/runtime";
import type { Feed } from "./feed.ts";
import type { CarriedListener, FeedState } from "./feed_set.ts";
import type { Publisher } from "./publisher.ts";
import type { Replacement } from "./replacement.ts";
import type { ReplacementPolicy } from "../../vocabulary/mod.ts";

/** A track that a publisher offers, with its feed. */
export interface Offer {
  readonly publisher: Publisher;
  readonly feed: Feed;
}

/** A feed that continues in a new track of the same name. */
export interface KeptFeed {
  readonly feed: Feed;
  readonly state: FeedState;
}

/** Settings of a track's {@linkcode Feeds}. */
export interface FeedsOptions {
  readonly clock: Clock;
  /** How long the track is still delivered after its last subscriber left, in milliseconds. */
  readonly linger: number;
  /** The track has ended, or has neither subscribers nor offers. */
  readonly onGone: () => void;
  /** Which publisher keeps the track when several deliver different objects. */
  readonly policy: ReplacementPolicy;
  /** Starts a new track in place of this one, in which these feeds continue. */
  readonly renew: (feeds: readonly KeptFeed[]) => void;
  /** A publisher has taken over the track, or failed to. */
  readonly onReplaced: (replacement: Replacement) => void;
  /** The subscribers are about to be notified that they must subscribe again. */
  readonly onRenewed: () => void;
  /** A publisher no longer delivers the track. */
  readonly onLeft: (publisher: Publisher) => void;
  /** The publishers that may deliver the track after the loss of this one, or of a subscription. */
  readonly others: (lost: Publisher | undefined) => readonly Publisher[];
  /** Local publishers start to offer the track, or none does any more. */
  readonly onOffered: (offered: boolean) => void;
  readonly onCarried: CarriedListener;
}

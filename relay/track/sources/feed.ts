import type { Outcome } from "@qumo/shared/runtime";
import type { Location } from "@qumo/shared/wire";
import type { Refusal, TrackEnd } from "../errors.ts";
import type { Source } from "../objects/source.ts";
import type { Track } from "../objects/track.ts";

/** A change of a subscription to a publisher. */
export interface FeedChange {
  readonly forward?: boolean;
  readonly newGroupRequest?: bigint;
  /** The last group that this publisher is to deliver, completely. */
  readonly endGroup?: bigint;
}

/** The outcome for a feed whose objects contradict its track. */
export type Verdict =
  /** The track has no other publisher: this one violated the model. */
  | "malformed"
  /** Another publisher keeps the track: this feed has ended. */
  | "lost"
  /** A new track was started for it; {@linkcode Feed.moveTo} was called if the feed has it. */
  | "won";

/** Notified by the feeds of a track. Calls are synchronous and must not throw. */
export interface FeedEvents {
  /** A feed has ended, for whatever reason. */
  ended(feed: Feed, end: TrackEnd): void;
  /**
   * The objects of a feed contradict the track. `isAnother` when they certainly come from another
   * publisher. Returns the outcome for the feed.
   */
  contradicted(feed: Feed, reason: string, isAnother?: boolean): Verdict;
  /** A stream of this group starts. */
  began(group: bigint): void;
  /** The last open stream of the track has ended. */
  quiet(): void;
  /** The path of the track has changed, or was lost. */
  pathChanged(): void;
  /** The path is lost, and another one was not found at once. */
  broken(): void;
}

/** The track that a feed delivers to, and the receiver of its events. */
export interface FeedTarget {
  readonly track: Track;
  readonly feeds: FeedEvents;
  /** Whether another feed may continue after a loss, so that unfinished subgroups stay open. */
  readonly mayContinue?: boolean;
}

/** The delivery of one track by one publisher. */
export interface Feed {
  /** The source of the objects; undefined while it is unknown. */
  readonly source?: Source | undefined;
  /** Whether the publisher offered the track: without subscribers it is paused instead of ended. */
  readonly offered: boolean;
  /** The relays on the track's path, the next one first; absent when the publisher is local. */
  readonly path?: readonly string[] | undefined;
  /** Whether the track has lost its path, and a route is being searched for. */
  readonly isInterrupted?: boolean;
  /** The refusal of new subscribers while an interrupted track is known to be out of reach. */
  readonly outOfReach?: Refusal | undefined;
  /** Whether it starts with the first object of a group instead of the next object. */
  readonly fromGroupStart?: boolean;
  /** Whether past objects were requested, which the publisher may send or not. */
  readonly bringsPast?: boolean;
  /** Whether no stream of the track is open; undefined when that is unknown. */
  readonly isQuiet?: boolean;
  /** The largest location in the publisher's answer. */
  readonly largest?: Location | undefined;
  /** The publisher's answer; never rejects. */
  readonly established: Promise<Outcome<void, Refusal>>;
  update(change: FeedChange): void;
  /**
   * Continues in a new track of the same name. A feed without this is ended and requested again.
   */
  moveTo?(target: FeedTarget): void;
  /** Ends the feed: the track is no longer wanted. */
  cancel(): void;
  /**
   * Whether the feed is needed. While a nearer publisher delivers the track it should end as soon
   * as it can without a loss.
   */
  setNeeded?(isNeeded: boolean): void;
}

import type { Outcome } from "@qumo/shared/runtime";
import type { Location } from "@qumo/shared/wire";
import type { Refusal, TrackEnd } from "../errors.ts";
import type { Source } from "../objects/source.ts";
import type { Track } from "../objects/track.ts";

/** What a subscription upstream can be asked to change. */
export interface FeedChange {
  readonly forward?: boolean;
  readonly newGroupRequest?: bigint;
  /** The last group that is still wanted from this publisher, whole. */
  readonly endGroup?: bigint;
}

/** What becomes of a feed that contradicts what is known of its track. */
export type Verdict =
  /** Nobody else had a part in it: its publisher broke the model. */
  | "malformed"
  /** Another publisher keeps the track: this feed is over. */
  | "lost"
  /** It has the track now, which begins anew: it was given another target if it can go on with one. */
  | "won";

/** What a feed tells whom it delivers to. Calls are synchronous and must not throw. */
export interface FeedEvents {
  /** Nothing more comes from a feed, whoever ended it. */
  ended(feed: Feed, end: TrackEnd): void;
  /**
   * What a feed brought contradicts what is known of the track. `isAnother` where it is surely another
   * publisher's. Says what becomes of the feed.
   */
  contradicted(feed: Feed, reason: string, isAnother?: boolean): Verdict;
  /** A stream of this group begins. */
  began(group: bigint): void;
  /** No stream of the track is open any more. */
  quiet(): void;
  /** The track comes by another path, or by none for a while. */
  pathChanged(): void;
  /** The path that the track came by is lost, and there was no other at once. */
  broken(): void;
}

/** What a feed delivers into. */
export interface FeedTarget {
  readonly track: Track;
  readonly feeds: FeedEvents;
  /** Whether another feed may go on where this one breaks off, so that what it began stays open. */
  readonly mayGoOn?: boolean;
}

/** One publisher's delivery of one track. */
export interface Feed {
  /** Whose objects it brings; undefined while that is not known. */
  readonly source?: Source | undefined;
  /** Whether the publisher offered the track itself: then it is paused, not ended, while nobody wants it. */
  readonly offered: boolean;
  /**
   * Relays that the track comes by, the next one first and the publisher's own last; absent when the
   * publisher is here.
   */
  readonly path?: readonly string[] | undefined;
  /** Whether the track is to come and does not: a route is looked for. */
  readonly isInterrupted?: boolean;
  /** Why it will not come soon, where that is known of an interrupted one: who asks now is told so. */
  readonly outOfReach?: Refusal | undefined;
  /** Whether it begins with the first object of a group, where others begin with the next object. */
  readonly fromGroupStart?: boolean;
  /** Whether the publisher was asked for what there was already, which it may send or not. */
  readonly bringsPast?: boolean;
  /** Whether no stream of the track is open, where that is known. */
  readonly isQuiet?: boolean;
  /** What the publisher said of the largest location when it agreed. */
  readonly largest?: Location | undefined;
  /** Resolves once the publisher agreed or refused; never rejects. */
  readonly established: Promise<Outcome<void, Refusal>>;
  update(change: FeedChange): void;
  /** Goes on in another track of the same name. A feed without this is ended and asked for anew. */
  moveTo?(target: FeedTarget): void;
  /** Nobody wants the track any more. */
  cancel(): void;
  /**
   * Whether it is needed: while a nearer publisher delivers the track it should leave when it can
   * without a loss.
   */
  setNeeded?(isNeeded: boolean): void;
}

/** Told of where a track comes from. Calls are synchronous and must not throw. */
export interface PathWatcher {
  /** {@linkcode Feeds.path} may be another one. */
  changed(): void;
  /** The path is lost, and there was no other at once. */
  broken(): void;
}

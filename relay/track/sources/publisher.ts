import type { Outcome } from "@qumo/shared/runtime";
import type { FullTrackName, GroupOrder, Location, PropertyBlock } from "@qumo/shared/wire";
import type { Refusal } from "../errors.ts";
import type { Renderer } from "../objects/renderer.ts";
import type { Feed, FeedTarget } from "./feed.ts";

/** Somebody who can be asked for tracks: a peer's session, or the route to another relay. */
export interface Publisher {
  /** Who it is, for the log and for operators: `session 12`, or `mesh` for other relays. */
  readonly label: string;
  /**
   * Whether it is a relay that is none of ours, or comes by one: it passes on what it was shown, and
   * does not say what it has itself.
   */
  readonly isOtherRelay?: boolean;
  /**
   * Whether a subscription to it is kept for as long as its track lasts, since it may not be had again:
   * it does not hear that it was cancelled.
   */
  readonly keepsSubscriptions?: boolean;
  /** Subscribes to what is new of a track, and to more where the options say so, for as long as anybody wants it. */
  subscribe(target: FeedTarget, options?: RequestOptions): Feed;
  /** Asks for objects of the past; they come by the sink, in order. */
  fetch(request: FetchRequest, sink: FetchSink): PendingFetch;
  /** Asks what there is of a track, without subscribing. */
  trackStatus(name: FullTrackName, via?: readonly string[]): Promise<Outcome<TrackStatus, Refusal>>;
}

/** What a subscription upstream is asked for besides the track. */
export interface RequestOptions {
  /** The publisher should begin a group (#new-group-request). */
  readonly newGroupRequest?: bigint;
  /** What there is of the track already is wanted too, not only what is new. */
  readonly past?: boolean;
  /** What is missed: from here on the publisher sends what it still has, not only what is new. */
  readonly from?: Location;
  /** Relays that the request came by: it must not go back to them. */
  readonly via?: readonly string[];
  /** The trace that the request belongs to, in words that only those who trace understand. */
  readonly trace?: string;
  /** The feed stands for a track that is offered elsewhere: nothing is asked for until it is wanted. */
  readonly offered?: boolean;
}

/** A range of objects of a track, both ends included. */
export interface FetchRequest {
  readonly name: FullTrackName;
  readonly start: Location;
  readonly end: Location;
  readonly order: GroupOrder;
  /** Relays that the request came by: it must not go back to them. */
  readonly via?: readonly string[];
}

/** An object as a fetch brings it. */
export interface FetchedObject {
  readonly group: bigint;
  /** Undefined for an object that was a datagram. */
  readonly subgroup: bigint | undefined;
  readonly object: number;
  readonly priority: number;
  /** As the dialect writes them that the object came in. */
  readonly properties: Uint8Array;
  readonly payload: Uint8Array;
  readonly renderer: Renderer;
}

/** Where fetched objects go. `object` resolves when the next may come. */
export interface FetchSink {
  object(object: FetchedObject): Promise<void> | void;
  /** From the last item to this location, included, the publisher knows of nothing or does not know. */
  unknownUpTo(group: bigint, object: bigint): void;
}

/** What a publisher says of a range before it is through. */
export interface FetchAnswer {
  /** The last location of the range that can exist. */
  readonly end: Location;
  readonly endOfTrack: boolean;
  readonly properties: PropertyBlock | undefined;
}

/** A fetch that goes on. */
export interface PendingFetch {
  /** The publisher's answer; never rejects. */
  readonly answer: Promise<Outcome<FetchAnswer, Refusal>>;
  /** Resolves when every object was given to the sink, or with the reason why not all were; never rejects. */
  readonly finished: Promise<Outcome<void, Refusal>>;
  cancel(): void;
}

/** What a publisher knows of a track. */
export interface TrackStatus {
  readonly largest: Location | undefined;
  readonly properties: PropertyBlock | undefined;
}

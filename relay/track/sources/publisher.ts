import type { Outcome } from "@qumo/shared/runtime";
import type { FullTrackName, GroupOrder, Location, PropertyBlock } from "@qumo/shared/wire";
import type { Refusal } from "../errors.ts";
import type { Renderer } from "../objects/renderer.ts";
import type { Feed, FeedTarget } from "./feed.ts";

/** A publisher of tracks: the session of a peer, or the routes to other relays. */
export interface Publisher {
  /** Its name in logs and for operators: `session 12`, or `mesh` for other relays. */
  readonly label: string;
  /**
   * Whether it is a relay outside the mesh, or reached through one: it forwards announcements
   * without telling which are its own.
   */
  readonly isOtherRelay?: boolean;
  /**
   * Whether a subscription to it is kept until its track ends: it does not notice a cancellation,
   * and may refuse a second subscription.
   */
  readonly keepsSubscriptions?: boolean;
  /** Subscribes to the new objects of a track, and to past ones if the options request them. */
  subscribe(target: FeedTarget, options?: RequestOptions): Feed;
  /** Requests past objects, which are passed to the sink in order. */
  fetch(request: FetchRequest, sink: FetchSink): PendingFetch;
  /** Requests the status of a track. */
  trackStatus(name: FullTrackName, via?: readonly string[]): Promise<Outcome<TrackStatus, Refusal>>;
}

/** Parameters of a subscription to a publisher. */
export interface RequestOptions {
  /** Requests a new group (#new-group-request). */
  readonly newGroupRequest?: bigint;
  /** Whether past objects are requested too. */
  readonly past?: boolean;
  /** The first missing object: the publisher sends all that it has from there on. */
  readonly from?: Location;
  /** The relays on the path of the request, to which it must not be sent back. */
  readonly via?: readonly string[];
  /** The trace context of the request, opaque to the model. */
  readonly trace?: string;
  /**
   * Whether the feed is for a track that another relay offers: it is not requested until needed.
   */
  readonly offered?: boolean;
}

/** A range of objects of a track, both ends included. */
export interface FetchRequest {
  readonly name: FullTrackName;
  readonly start: Location;
  readonly end: Location;
  readonly order: GroupOrder;
  /** The relays on the path of the request, to which it must not be sent back. */
  readonly via?: readonly string[];
}

/** An object of a fetch. */
export interface FetchedObject {
  readonly group: bigint;
  /** Undefined for an object that was a datagram. */
  readonly subgroup: bigint | undefined;
  readonly object: number;
  readonly priority: number;
  /** Encoded in the dialect that the object was received in. */
  readonly properties: Uint8Array;
  readonly payload: Uint8Array;
  readonly renderer: Renderer;
}

/** The receiver of fetched objects. `object` resolves when it is ready for the next one. */
export interface FetchSink {
  object(object: FetchedObject): Promise<void> | void;
  /** No object is known from the last item up to and including this location. */
  unknownUpTo(group: bigint, object: bigint): void;
}

/** A publisher's answer to a fetch. */
export interface FetchAnswer {
  /** The last location of the range that may exist. */
  readonly end: Location;
  readonly endOfTrack: boolean;
  readonly properties: PropertyBlock | undefined;
}

/** A fetch that was requested. */
export interface PendingFetch {
  /** The publisher's answer; never rejects. */
  readonly answer: Promise<Outcome<FetchAnswer, Refusal>>;
  /** Resolves when the sink has every object, or with the reason why it has not; never rejects. */
  readonly finished: Promise<Outcome<void, Refusal>>;
  /** Waits for no other relay or publisher any more; absent: there is nothing else. */
  stopAsking?(): void;
  cancel(): void;
}

/** The status of a track at a publisher. */
export interface TrackStatus {
  readonly largest: Location | undefined;
  readonly properties: PropertyBlock | undefined;
}

import type { ReplacementPolicy } from "../../vocabulary/mod.ts";
import type { Source } from "../objects/source.ts";
import type { Track } from "../objects/track.ts";
import type { FeedSet } from "./feed_set.ts";
import type { Publisher } from "./publisher.ts";
import { byStanding, trusted } from "./standing.ts";

/** The publishers of a track, as far as its past objects are requested of them. */
export class PastPublishers {
  readonly #feeds: FeedSet;
  readonly #track: Track;
  readonly #policy: ReplacementPolicy;

  constructor(feeds: FeedSet, track: Track, policy: ReplacementPolicy) {
    this.#feeds = feeds;
    this.#track = track;
    this.#policy = policy;
  }

  /** Whether the objects that arrive start with the first one of a group. */
  get fromGroupStart(): boolean {
    return this.#feeds.all().some(({ fromGroupStart }) => fromGroupStart);
  }

  /** Whether a subscription requested past objects, so that a fetch can wait for them. */
  get isRequested(): boolean {
    return this.#feeds.all().some(({ bringsPast }) => bringsPast);
  }

  /** The source of a publisher's objects; undefined while it is unknown. */
  sourceOf(publisher: Publisher): Source | undefined {
    return this.#feeds.of(publisher)?.source;
  }

  /** The publishers that deliver the track, in the order in which a past group is requested. */
  inOrder(group: bigint): Publisher[] {
    return this.#chosen(byStanding, group);
  }

  /** The publishers whose objects of a past group may be cached for all subscribers. */
  trustedFor(group: bigint): Publisher[] {
    return this.#chosen(trusted, group);
  }

  #chosen(choose: typeof byStanding, group: bigint): Publisher[] {
    const init = { track: this.#track, policy: this.#policy, group };
    return this.#feeds.publishersOf(choose(this.#feeds.established(), init));
  }
}

import { type Clock, done, type Outcome, refused, type Timer } from "@qumo/shared/runtime";
import type {
  Feed,
  Publisher,
  Refusal,
  RequestOptions,
  Track,
  TrackEnd,
  Verdict,
} from "../track/mod.ts";
import { ROUTING_LOOP } from "./refusals.ts";
import type { Route } from "./routes.ts";

/** Notified by the subscriptions to a track at its relay's neighbors. */
export interface SubscriptionOwner {
  readonly track: Track;
  /** No stream of the subscription is open. */
  subscriptionQuiet(subscription: UpstreamSubscription): void;
  /** A stream of `group` starts. */
  groupBegan(subscription: UpstreamSubscription, group: bigint): void;
  subscriptionPathChanged(subscription: UpstreamSubscription): void;
  subscriptionEnded(subscription: UpstreamSubscription, end: TrackEnd): void;
  subscriptionContradicted(subscription: UpstreamSubscription, reason: string): Verdict;
}

/** Who a subscription is made for, and what is requested. */
export interface UpstreamSubscriptionInit {
  readonly owner: SubscriptionOwner;
  readonly options: RequestOptions;
}

/** How many link time-outs a neighbor whose track is behind has to catch up. */
const CATCH_UP_FACTOR = 3;

/**
 * A subscription to a track at one neighbor. The feed of a remote track switches from one to
 * another when its route changes.
 */
export class UpstreamSubscription {
  readonly route: Route;
  /** The start of this subscription, when another one delivered the track before. */
  readonly from: RequestOptions["from"];
  readonly feed: Feed;
  #catchUp: Timer | undefined;
  /** How the subscription ended; undefined while it is active, or when it was cancelled. */
  end: TrackEnd | undefined;

  /** Subscribes over a link; undefined when the link has no session now. */
  static begin(
    route: Route,
    scope: string,
    init: UpstreamSubscriptionInit,
  ): UpstreamSubscription | undefined {
    const publisher = route.link.publisher(scope);
    return publisher && new UpstreamSubscription(route, publisher, init);
  }

  private constructor(
    route: Route,
    publisher: Publisher,
    { owner, options }: UpstreamSubscriptionInit,
  ) {
    this.route = route;
    this.from = options.from;
    this.feed = publisher.subscribe({
      track: owner.track,
      mayContinue: true,
      feeds: {
        ended: (_feed, end) => {
          this.end = end;
          this.#catchUp?.cancel();
          owner.subscriptionEnded(this, end);
        },
        contradicted: (_feed, reason) => owner.subscriptionContradicted(this, reason),
        quiet: () => owner.subscriptionQuiet(this),
        began: (group) => {
          this.#catchUp?.cancel();
          owner.groupBegan(this, group);
        },
        pathChanged: () => owner.subscriptionPathChanged(this),
        // A neighbor that loses its route for long ends the subscription.
        broken: () => {},
      },
    }, options);
  }

  /** The path of the track, the neighbor first. */
  get path(): readonly string[] {
    return this.feed.path ?? [this.route.link.name];
  }

  /**
   * Whether the neighbor's publisher is another one than that of the objects so far, with a
   * numbering of its own.
   */
  isAnotherPublisher({ sources }: Track): boolean {
    const { largest, source } = this.feed;
    if (this.from === undefined || largest === undefined || source === undefined) return false;
    return !sources.has(source) && sources.isBehind(source, largest.group, 0) &&
      largest.group + 1n < this.from.group;
  }

  /**
   * Watches a neighbor whose track is behind the start of the subscription. It either catches up,
   * or has another track of the same name: `late` is called when it did not within a few link
   * time-outs.
   */
  mustCatchUp(clock: Clock, silenceMs: number, late: () => void): void {
    const { largest } = this.feed;
    if (this.from === undefined || largest === undefined || largest.group >= this.from.group) {
      return;
    }
    this.#catchUp = clock.after(CATCH_UP_FACTOR * silenceMs, late);
  }

  /** The neighbor's answer; never rejects. `judge` decides whether the path is acceptable. */
  async answer(
    judge: { accepts(path: readonly string[]): boolean },
  ): Promise<Outcome<UpstreamSubscription, Refusal>> {
    const outcome = await this.feed.established;
    // It may have ended before it was answered: a broken link says nothing about the track.
    if (this.end !== undefined) return refused({ kind: "timeout", reason: this.end.reason });
    if (!outcome.ok) return outcome;
    if (judge.accepts(this.path)) return done(this);
    this.cancel();
    return refused(ROUTING_LOOP);
  }

  /** Cancels the subscription. */
  cancel(): void {
    this.#catchUp?.cancel();
    this.feed.cancel();
  }
}

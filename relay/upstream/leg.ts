import { type Clock, done, type Outcome, refused, type Timer } from "@qumo/shared/runtime";
import type {
  Feed,
  FeedEvents,
  Publisher,
  Refusal,
  RequestOptions,
  Track,
  TrackEnd,
  Verdict,
} from "../track/mod.ts";
import { ROUNDABOUT } from "./refusals.ts";
import type { Route } from "./routes.ts";

/** Notified by the legs of a track's feed. */
export interface LegOwner {
  readonly track: Track;
  /** No stream is open on the leg. */
  legQuiet(leg: Leg): void;
  /** A stream of `group` starts on the leg. */
  legBegan(leg: Leg, group: bigint): void;
  legPathChanged(leg: Leg): void;
  legEnded(leg: Leg, end: Parameters<FeedEvents["ended"]>[1]): void;
  legContradicted(leg: Leg, reason: string): Verdict;
}

const PROBATION_FACTOR = 3;

/**
 * A subscription to a track at one neighbor. A feed switches from one leg to another when its route
 * changes.
 */
export class Leg {
  readonly route: Route;
  /** Where this leg's subscription starts, when another leg delivered the track before. */
  readonly from: RequestOptions["from"];
  readonly feed: Feed;
  /** The last group to deliver; set when another leg takes over. */
  endGroup: bigint | undefined;
  /** Ends the leg when its last group takes too long. */
  retirement: Timer | undefined;
  #probation: Timer | undefined;
  /** How the leg ended; undefined while it is active, or when it was cancelled. */
  end: TrackEnd | undefined;

  /** Starts a subscription over a link; undefined when the link has no session now. */
  static begin(
    route: Route,
    scope: string,
    { owner, options }: { owner: LegOwner; options: RequestOptions },
  ): Leg | undefined {
    const publisher = route.link.publisher(scope);
    return publisher && new Leg(route, publisher, { owner, options });
  }

  private constructor(
    route: Route,
    publisher: Publisher,
    { owner, options }: { owner: LegOwner; options: RequestOptions },
  ) {
    this.route = route;
    this.from = options.from;
    this.feed = publisher.subscribe({
      track: owner.track,
      mayGoOn: true,
      feeds: {
        ended: (_feed, end) => {
          this.end = end;
          this.#forget();
          owner.legEnded(this, end);
        },
        contradicted: (_feed, reason) => owner.legContradicted(this, reason),
        quiet: () => owner.legQuiet(this),
        began: (group) => {
          this.#probation?.cancel();
          owner.legBegan(this, group);
        },
        pathChanged: () => owner.legPathChanged(this),
        // The neighbor says so by ending the subscription.
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
  isAnother({ sources }: Track): boolean {
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
    this.#probation = clock.after(PROBATION_FACTOR * silenceMs, late);
  }

  /** The neighbor's answer; never rejects. `judge` decides whether the path is acceptable. */
  async answer(
    judge: { accepts(path: readonly string[]): boolean },
  ): Promise<Outcome<Leg, Refusal>> {
    const outcome = await this.feed.established;
    // The leg may have ended before it was answered: a broken link says nothing about the track.
    if (this.end !== undefined) return refused({ kind: "timeout", reason: this.end.reason });
    if (!outcome.ok) return outcome;
    if (judge.accepts(this.path)) return done(this);
    this.cancel();
    return refused(ROUNDABOUT);
  }

  /** Cancels the subscription. */
  cancel(): void {
    this.#forget();
    this.feed.cancel();
  }

  #forget(): void {
    this.retirement?.cancel();
    this.#probation?.cancel();
  }
}

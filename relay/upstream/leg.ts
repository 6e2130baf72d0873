import { type Clock, done, type Outcome, refused, type Timer } from "@qumo/shared/runtime";
import type {
  Feed,
  FeedOwner,
  Publisher,
  Refusal,
  RequestOptions,
  Track,
  TrackEnd,
  Verdict,
} from "../track/mod.ts";
import { ROUNDABOUT } from "./refusals.ts";
import type { Route } from "./routes.ts";

/** What a leg tells the track's feed that it is a part of. */
export interface LegOwner {
  readonly track: Track;
  /** No stream is under way on the leg. */
  legQuiet(leg: Leg): void;
  /** A stream of this group begins on the leg. */
  legBegan(leg: Leg, group: bigint): void;
  legPathChanged(leg: Leg): void;
  legEnded(leg: Leg, end: Parameters<FeedOwner["ended"]>[1]): void;
  legContradicted(leg: Leg, reason: string): Verdict;
}

const PROBATION_FACTOR = 3;

/** A subscription to a track at one neighbor: a feed changes from one to another as routes change. */
export class Leg {
  readonly route: Route;
  /** What was asked for from here on, when the track had come by another leg before. */
  readonly from: RequestOptions["from"];
  readonly feed: Feed;
  /** The last group that is wanted; set when the leg is to end. */
  endGroup: bigint | undefined;
  /** Fires when the leg ends although its last group does not. */
  retirement: Timer | undefined;
  #probation: Timer | undefined;
  /** How it ended; undefined while it goes on, or when it was cancelled. */
  end: TrackEnd | undefined;

  /** Undefined when the link has no session at this moment. */
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
      },
      quiet: () => owner.legQuiet(this),
      began: (group) => {
        this.#probation?.cancel();
        owner.legBegan(this, group);
      },
      pathChanged: () => owner.legPathChanged(this),
    }, options);
  }

  /** Relays that the track comes by, the neighbor first. */
  get path(): readonly string[] {
    return this.feed.path ?? [this.route.link.name];
  }

  /**
   * Whether the neighbor has another publisher's track than what came of it so far, and one that counts
   * in another way.
   */
  isAnother({ sources }: Track): boolean {
    const { largest, source } = this.feed;
    if (this.from === undefined || largest === undefined || source === undefined) return false;
    return !sources.has(source) && sources.isBehind(source, largest.group, 0) &&
      largest.group + 1n < this.from.group;
  }

  /**
   * A neighbor that is behind what was asked for either catches up, or has another track of the same
   * name: `late` is called when it did not within a few times the silence after which links are down.
   */
  mustCatchUp(clock: Clock, silenceMs: number, late: () => void): void {
    const { largest } = this.feed;
    if (this.from === undefined || largest === undefined || largest.group >= this.from.group) {
      return;
    }
    this.#probation = clock.after(PROBATION_FACTOR * silenceMs, late);
  }

  /** The neighbor's answer; never rejects. `judge` decides whether the track may come as it does. */
  async answer(
    judge: { accepts(path: readonly string[]): boolean },
  ): Promise<Outcome<Leg, Refusal>> {
    const outcome = await this.feed.established;
    // It may have ended before anybody heard that it began, or before the neighbor could answer: that
    // the link broke says nothing of the track.
    if (this.end !== undefined) return refused({ kind: "timeout", reason: this.end.reason });
    if (!outcome.ok) return outcome;
    if (judge.accepts(this.path)) return done(this);
    this.cancel();
    return refused(ROUNDABOUT);
  }

  /** Nothing more is wanted. */
  cancel(): void {
    this.#forget();
    this.feed.cancel();
  }

  #forget(): void {
    this.retirement?.cancel();
    this.#probation?.cancel();
  }
}

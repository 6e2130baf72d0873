import type { TrackEnd } from "../errors.ts";
import type { Feed, Verdict } from "./feed.ts";
import type { FeedSet } from "./feed_set.ts";
import type { FeedsOptions, KeptFeed } from "./feeds_options.ts";
import type { Publisher } from "./publisher.ts";
import { decideContest } from "./replacement.ts";
import type { Track } from "../objects/track.ts";

/** What a {@linkcode Takeover} works with. */
export interface TakeoverParts {
  readonly track: Track;
  readonly feeds: FeedSet;
  readonly options: Pick<FeedsOptions, "policy" | "onReplaced" | "renew">;
  /** Ends the track and its feeds at once. */
  readonly abort: (end: TrackEnd) => void;
  /** A feed was ended, and others continue. */
  readonly onExpelled: () => void;
}

/** Decides which of the publishers of one track keeps it, and ends the feeds of the others. */
export class Takeover {
  readonly #parts: TakeoverParts;

  constructor(parts: TakeoverParts) {
    this.#parts = parts;
  }

  /** See {@linkcode FeedEvents.contradicted}. */
  contradicted(feed: Feed, reason: string, isAnother: boolean): Verdict {
    const { feeds, track, options: { policy, onReplaced } } = this.#parts;
    if (!feeds.has(feed)) return "lost";
    const { name, sources } = track;
    const isContested = isAnother || feed.source !== undefined && sources.hasOther(feed.source);
    if (!isContested) {
      this.#restartWithout([feed], { kind: "malformed", reason });
      return "malformed";
    }
    const contest = decideContest(feed, feeds, { track, policy });
    const [winner] = feeds.publishersOf([contest.winner]);
    const losers = feeds.publishersOf(contest.losers);
    const hasWon = contest.winner === feed;
    if (hasWon) this.#restartWithout(contest.losers, REPLACED);
    else this.#expel(feed);
    onReplaced({ track: name, winner: winner!, losers, outcome: contest.outcome, reason });
    return hasWon ? "won" : "lost";
  }

  /** Ends the feed of `loser`, which `winner` has replaced, where both deliver the track. */
  yieldTo(winner: Publisher, loser: Publisher): void {
    const { feeds, track } = this.#parts;
    const lost = feeds.of(loser);
    if (lost === undefined || feeds.of(winner) === undefined) return;
    const hasDelivered = lost.source !== undefined && track.sources.has(lost.source);
    if (hasDelivered) this.#restartWithout([lost], REPLACED);
    else this.#expel(lost);
  }

  /** Ends a feed; the track continues without it. */
  #expel(feed: Feed): void {
    this.#parts.feeds.remove(feed);
    feed.cancel();
    this.#parts.onExpelled();
  }

  /** Ends the track and some of its feeds; the others continue in the track that replaces it. */
  #restartWithout(ending: readonly Feed[], end: TrackEnd): void {
    const { feeds, options, abort } = this.#parts;
    const movable = feeds.all()
      .filter((feed) => !ending.includes(feed) && feed.moveTo !== undefined);
    const kept = movable.map((feed): KeptFeed => ({ feed, state: feeds.state(feed) }));
    for (const feed of movable) feeds.remove(feed);
    abort(end);
    if (kept.length > 0) options.renew(kept);
  }
}

const REPLACED: TrackEnd = {
  kind: "replaced",
  reason: "another publisher has taken over the name: subscribe again",
};

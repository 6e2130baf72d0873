import { type Clock, done, type Outcome, refused, type Timer } from "@qumo/shared/runtime";
import type { Refusal, TrackEnd } from "./errors.ts";
import type { Publisher } from "./publisher.ts";
import type { Track } from "./track.ts";

/** What a subscription upstream can be asked to change. */
export interface FeedChange {
  readonly forward?: boolean;
  readonly newGroupRequest?: bigint;
}

/** One publisher's delivery of one track. */
export interface Feed {
  readonly publisher: Publisher;
  /** Whether the publisher offered the track itself: then it is paused, not ended, while nobody wants it. */
  readonly offered: boolean;
  /** Resolves once the publisher agreed or refused; never rejects. */
  readonly established: Promise<Outcome<void, Refusal>>;
  update(change: FeedChange): void;
  /** Nobody wants the track any more. */
  cancel(): void;
}

/** A subscriber's hold on a track: as long as there is one, the track is kept flowing. */
export interface Demand {
  /** Whether the subscriber wants objects now, or only to be ready for them. */
  setForward(forward: boolean): void;
  release(): void;
}

/** A track and where it comes from. */
export interface TrackEntry {
  readonly track: Track;
  readonly feeds: Feeds;
}

/** Settings of {@linkcode Feeds}. */
export interface FeedsOptions {
  readonly clock: Clock;
  /** Milliseconds that a track is kept flowing after the last subscriber left. */
  readonly linger: number;
  /** The track is over, or nobody wants it and nobody offers it. */
  readonly onGone: () => void;
}

/**
 * Where a track comes from: one subscription for each publisher that has it, however many subscribers
 * there are (#subscriber-interactions).
 */
export class Feeds {
  readonly #track: Track;
  readonly #options: FeedsOptions;
  readonly #feeds = new Map<Feed, "pending" | "established">();
  readonly #demands = new Map<Demand, boolean>();
  #connecting: Promise<Outcome<void, Refusal>> | undefined;
  #forward = false;
  #newGroupRequest = -1n;
  #lingering: Timer | undefined;

  constructor(track: Track, options: FeedsOptions) {
    this.#track = track;
    this.#options = options;
  }

  /** Whether objects come, or would come if somebody wanted them. */
  get established(): boolean {
    return [...this.#feeds.values()].includes("established");
  }

  /** How many publishers deliver the track or were asked to. */
  get size(): number {
    return this.#feeds.size;
  }

  /** Whether this publisher already delivers the track, or was asked to. */
  has(publisher: Publisher): boolean {
    return [...this.#feeds.keys()].some((feed) => feed.publisher === publisher);
  }

  /** Publishers that deliver the track. */
  get publishers(): Publisher[] {
    return [...this.#feeds].filter(([, state]) => state === "established").map(([feed]) =>
      feed.publisher
    );
  }

  /** Publishers that offered the track themselves. */
  get offering(): Publisher[] {
    return [...this.#feeds.keys()].filter((feed) => feed.offered).map((feed) => feed.publisher);
  }

  /** Subscribers that hold the track. */
  get demand(): number {
    return this.#demands.size;
  }

  /** A subscriber came. */
  hold(forward: boolean): Demand {
    const demand: Demand = {
      setForward: (forward) => {
        if (this.#demands.has(demand)) this.#demands.set(demand, forward);
        this.#updateForward();
      },
      release: () => {
        if (this.#demands.delete(demand)) this.#released();
      },
    };
    this.#demands.set(demand, forward);
    this.#lingering?.cancel();
    this.#lingering = undefined;
    this.#updateForward();
    return demand;
  }

  /**
   * Asks every one of these publishers that does not deliver the track yet. Whoever asks while the
   * first answer is out waits for the same answer.
   */
  connect(
    publishers: readonly Publisher[],
    newGroupRequest?: bigint,
  ): Promise<Outcome<void, Refusal>> {
    const started = publishers.filter((publisher) => !this.has(publisher)).map((publisher) =>
      this.#subscribe(publisher, newGroupRequest)
    );
    if (started.length === 0 && this.#connecting !== undefined) return this.#connecting;
    const answer = firstAgreement(started).finally(() => {
      if (this.#connecting === answer) this.#connecting = undefined;
    });
    return this.#connecting = answer;
  }

  /** A publisher offered the track itself. */
  offer(feed: Feed): void {
    this.#feeds.set(feed, "established");
  }

  /** Whether objects are wanted now. */
  get forward(): boolean {
    return [...this.#demands.values()].includes(true);
  }

  /** A feed ended, whoever ended it; with the last of them the track is over. */
  ended(feed: Feed, end: TrackEnd): void {
    if (!this.#feeds.delete(feed) || this.#feeds.size > 0) return;
    this.#gone(end);
  }

  /** Another publisher took the name, or what came cannot be this track: all feeds end at once. */
  abort(end: TrackEnd): void {
    const feeds = [...this.#feeds.keys()];
    this.#feeds.clear();
    for (const feed of feeds) feed.cancel();
    this.#gone(end);
  }

  /** A subscriber wants the publisher to begin a group (#new-group-request). */
  requestNewGroup(value: bigint): void {
    const largest = this.#track.largest?.group;
    if (!this.#track.properties.dynamicGroups) return;
    if (value !== 0n && largest !== undefined && value <= largest) return;
    const outstanding = this.#newGroupRequest > (largest ?? -1n);
    if (outstanding && this.#newGroupRequest >= value) return;
    this.#newGroupRequest = value === 0n ? (largest ?? 0n) + 1n : value;
    for (const feed of this.#feeds.keys()) feed.update({ newGroupRequest: value });
  }

  #subscribe(publisher: Publisher, newGroupRequest?: bigint): Promise<Outcome<void, Refusal>> {
    const entry = { track: this.#track, feeds: this };
    const feed = publisher.subscribe(entry, newGroupRequest);
    this.#feeds.set(feed, "pending");
    this.#forward = true;
    return feed.established.then((outcome) => {
      if (!this.#feeds.has(feed)) return outcome;
      if (outcome.ok) this.#feeds.set(feed, "established");
      else this.#feeds.delete(feed);
      return outcome;
    });
  }

  #released(): void {
    if (this.#demands.size > 0) return this.#updateForward();
    this.#lingering ??= this.#options.clock.after(this.#options.linger, () => this.#rest());
  }

  /** Nobody wants the track: what was asked for is cancelled, what was offered is paused. */
  #rest(): void {
    this.#lingering = undefined;
    this.#updateForward();
    for (const feed of [...this.#feeds.keys()]) {
      if (feed.offered) continue;
      this.#feeds.delete(feed);
      feed.cancel();
    }
    if (this.#feeds.size === 0) this.#gone({ kind: "ended", reason: "nobody watches" });
  }

  #updateForward(): void {
    const forward = this.forward;
    if (forward === this.#forward || (!forward && this.#lingering !== undefined)) return;
    this.#forward = forward;
    for (const feed of this.#feeds.keys()) feed.update({ forward });
  }

  #gone(end: TrackEnd): void {
    this.#lingering?.cancel();
    this.#lingering = undefined;
    this.#options.onGone();
    this.#track.finish(end);
  }
}

/** The first that agrees; when none does, the first refusal. */
async function firstAgreement(
  answers: readonly Promise<Outcome<void, Refusal>>[],
): Promise<Outcome<void, Refusal>> {
  return await new Promise((resolve) => {
    const refusals: Refusal[] = [];
    for (const answer of answers) {
      void answer.then((outcome) => {
        if (outcome.ok) return resolve(done(undefined));
        refusals.push(outcome.refusal);
        if (refusals.length === answers.length) resolve(refused(refusals[0]!));
      });
    }
    if (answers.length === 0) {
      resolve(refused({ kind: "does_not_exist", reason: "nobody publishes the track" }));
    }
  });
}

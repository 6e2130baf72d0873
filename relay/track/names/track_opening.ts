import { type Clock, done, type Outcome, refused } from "@qumo/shared/runtime";
import type { FullTrackName } from "@qumo/shared/wire";
import type { Refusal } from "../errors.ts";
import { MAX_REOPENINGS, RELAY_PATIENCE_MS } from "../limits.ts";
import type { Demand } from "../sources/demands.ts";
import type { Feeds } from "../sources/feeds.ts";
import type { TrackEntry } from "../sources/track_entry.ts";
import type { Publisher, RequestOptions } from "../sources/publisher.ts";
import type { Successors } from "../sources/successors.ts";
import type { Candidates } from "./candidates.ts";
import { comes, type Discovered, type Discovery } from "./discovery.ts";
import type { Rendezvous } from "./rendezvous.ts";
import type { OpenOptions } from "./scope_options.ts";

/** A subscriber's hold on an established track. */
export interface OpenTrack extends TrackEntry {
  readonly demand: Demand;
}

/** The dependencies of {@linkcode TrackOpening}. */
export interface TrackOpeningParts {
  readonly clock: Clock;
  readonly maxTracks: number;
  readonly candidates: Candidates;
  readonly rendezvous: Rendezvous;
  readonly successors: Successors;
  /**
   * The entry of a track, created if it is not in use; undefined when there are too many tracks.
   */
  readonly entry: (name: FullTrackName) => TrackEntry | undefined;
  /** Finds what other relays have, where not all of that is advertised. */
  readonly discovery: () => Discovery | undefined;
}

/** Opens tracks for subscribers: asks the candidate publishers, and waits for one to come. */
export class TrackOpening {
  readonly #parts: TrackOpeningParts;
  readonly #clock: Clock;
  readonly #candidates: Candidates;
  readonly #rendezvous: Rendezvous;
  readonly #successors: Successors;

  constructor(parts: TrackOpeningParts) {
    this.#parts = parts;
    this.#clock = parts.clock;
    this.#candidates = parts.candidates;
    this.#rendezvous = parts.rendezvous;
    this.#successors = parts.successors;
  }

  /** Opens a track: resolves when objects can be delivered, or with a refusal; never rejects. */
  open(name: FullTrackName, options: OpenOptions): Promise<Outcome<OpenTrack, Refusal>> {
    const found = this.#parts.discovery()?.follow(name.namespace, "namespace");
    return found === undefined ? this.#open(name, options) : this.#openKnown(name, options, found);
  }

  /** Opens a track once it is known who else may have it. */
  async #openKnown(name: FullTrackName, options: OpenOptions, found: Discovered) {
    if (this.#candidates.publishersOf(name).length === 0) await comes(found, options.signal);
    const outcome = await this.#open(name, options);
    found.end();
    return outcome;
  }

  async #open(name: FullTrackName, options: OpenOptions): Promise<Outcome<OpenTrack, Refusal>> {
    const { clock, maxTracks } = this.#parts;
    const { signal } = options;
    const deadline = clock.now() + options.rendezvous;
    let reopenings = 0;
    for (;;) {
      const entry = this.#parts.entry(name);
      if (entry === undefined) return refused(tooManyTracks(maxTracks));
      const isFirst = entry.feeds.demand === 0;
      const demand = entry.feeds.hold(options.forward);
      // Wait from now on, so that no publisher is missed while others are asked.
      const publisher = this.#rendezvous.expect(name, options.forward);
      const establishing = this.#establish(entry, options, isFirst);
      this.#successors.watch(entry);
      const outcome = await unlessAborted(establishing, signal);
      if (outcome.ok && entry.track.endReason === undefined && !signal.aborted) {
        publisher.forget();
        return done({ ...entry, demand });
      }
      this.#drop(entry, demand);
      const isReplaced = entry.track.endReason?.kind === "replaced" && !signal.aborted;
      if (isReplaced && reopenings++ < MAX_REOPENINGS) {
        publisher.forget();
        continue;
      }
      const left = deadline - clock.now();
      const refusal = outcome.ok ? GONE : outcome.refusal;
      if (refusal.kind !== "does_not_exist" || left <= 0 || signal.aborted) {
        publisher.forget();
        return refused(this.#tooLate(refusal, options));
      }
      const hasCome = await publisher.comes(left, signal);
      publisher.forget();
      if (!hasCome) return refused(this.#tooLate(refusal, options));
    }
  }

  #tooLate(refusal: Refusal, { rendezvous }: OpenOptions): Refusal {
    if (refusal.kind !== "does_not_exist" || rendezvous === 0) return refusal;
    return { kind: "timeout", reason: "no publisher came in time" };
  }

  async #establish(
    { feeds, track }: TrackEntry,
    { newGroupRequest, past, from, via = [], trace }: OpenOptions,
    isFirst: boolean,
  ): Promise<Outcome<void, Refusal>> {
    const publishers = this.#candidates.publishersOf(track.name);
    // A relay may know another route; refuse it now, and it asks again if it knows none.
    if (via.length > 0 && feeds.isInterrupted) return refused(INTERRUPTED);
    if (!feeds.established) {
      const isAsking = feeds.size > 0;
      const options = {
        via,
        ...(newGroupRequest !== undefined && { newGroupRequest }),
        ...(past === true && { past }),
        ...(from !== undefined && { from }),
        ...(trace !== undefined && { trace }),
      };
      const outcome = isAsking
        ? await this.#join(feeds, { publishers, options })
        : await feeds.connect(publishers, options);
      if (outcome.ok || outcome.refusal.kind !== "does_not_exist") return outcome;
      // A local publisher of the namespace need not have every track in it.
      const others = this.#candidates.lastResortsOf(track.name).filter((one) =>
        !publishers.includes(one)
      );
      return others.length > 0 ? await feeds.connect(others, options) : outcome;
    }
    if (feeds.comesBy(via)) return refused(LOOP);
    if (newGroupRequest !== undefined) feeds.requestNewGroup(newGroupRequest);
    // An offered track without subscribers so far: other publishers may have more of it.
    if (isFirst && !this.#candidates.isForOne(track.name)) {
      void feeds.connect(this.#candidates.localPublishersOf(track.name));
    }
    return done(undefined);
  }

  /**
   * Waits for a request of others for the same track. A refusal may depend on the relay that they
   * asked for, so this request is then made anew.
   */
  async #join(
    feeds: Feeds,
    { publishers, options }: { publishers: readonly Publisher[]; options: RequestOptions },
  ): Promise<Outcome<void, Refusal>> {
    const isForRelay = (options.via ?? []).length > 0;
    const ask = () => {
      const asked = feeds.connect(publishers, options);
      return isForRelay ? this.#soon(asked) : asked;
    };
    const outcome = await ask();
    return outcome.ok || outcome.refusal === INTERRUPTED ? outcome : await ask();
  }

  /** As `connected`, with a time limit for requests of relays, which may wait for each other. */
  #soon(connected: Promise<Outcome<void, Refusal>>): Promise<Outcome<void, Refusal>> {
    return new Promise((resolve) => {
      const late = () => resolve(refused(INTERRUPTED));
      const timer = this.#clock.after(RELAY_PATIENCE_MS, late);
      void connected.then((outcome) => {
        timer.cancel();
        resolve(outcome);
      });
    });
  }

  /** Releases a track that was never established. */
  #drop(entry: TrackEntry, demand: Demand): void {
    demand.release();
    if (entry.feeds.demand === 0 && entry.feeds.size === 0) {
      entry.feeds.abort({ kind: "ended", reason: "nobody publishes the track" });
    }
  }
}

const GONE: Refusal = { kind: "does_not_exist", reason: "the track ended" };
// Routes are about to change when a loop is seen: a retry a moment later may succeed.
const LOOP: Refusal = {
  kind: "timeout",
  reason: "routing loop: the track comes from the requester",
};
const INTERRUPTED: Refusal = {
  kind: "timeout",
  reason: "still searching for the track",
};
const NOT_WANTED: Refusal = { kind: "timeout", reason: "no subscriber waits for the track" };

/** The result of `work`, or a refusal as soon as `signal` is aborted. */
async function unlessAborted<T>(
  work: Promise<Outcome<T, Refusal>>,
  signal: AbortSignal,
): Promise<Outcome<T, Refusal>> {
  if (signal.aborted) return refused(NOT_WANTED);
  const { promise: aborted, resolve } = Promise.withResolvers<Outcome<T, Refusal>>();
  const abort = () => resolve(refused(NOT_WANTED));
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function tooManyTracks(limit: number): Refusal {
  return {
    kind: "excessive_load",
    reason: `more than ${limit} tracks are in use`,
    retryAfter: 1_000,
  };
}

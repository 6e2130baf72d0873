import {
  type Clock,
  done,
  type Log,
  type Outcome,
  refused,
  type Timer,
  type Tracing,
} from "@qumo/shared/runtime";
import type {
  Feed,
  FeedChange,
  FeedTarget,
  Publisher,
  Refusal,
  RequestOptions,
  Track,
  TrackEnd,
} from "../track/mod.ts";
import { type RemoteTrack, textOf } from "./directory.ts";
import { Leg, type LegOwner } from "./leg.ts";
import type { MeshMetrics, RerouteReason } from "./metrics.ts";
import { Outage } from "./outage.ts";
import { Retiring } from "./retiring.ts";
import { RouteSpan } from "./route_span.ts";
import type { Route, Routes } from "./routes.ts";
import { Search } from "./search.ts";
import type { MeshSettings } from "./settings.ts";

/** What the feeds of all remote tracks share. */
export interface RouteContext {
  /** Whether a track may come by these relays: not by this one, nor by too many. */
  readonly accepts: (path: readonly string[]) => boolean;
  readonly routes: Routes;
  readonly settings: MeshSettings;
  readonly metrics: MeshMetrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
  /** Told of feeds as they begin and end, so that they hear of changes. */
  begun(feed: RouteFeed): void;
  over(feed: RouteFeed): void;
  /** The way of a feed is another one. */
  moved(): void;
}

/** How a feed came about. */
export interface RouteFeedInit {
  readonly track: RemoteTrack;
  readonly publisher: Publisher;
  readonly target: FeedTarget;
  readonly options: RequestOptions;
}

/** How long to wait before a better way is asked again that has refused. */
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 8_000;

/** A neighbour that is behind catches up in so many times the silence after which links are down. */
const PROBATION_FACTOR = 3;

/** Ends that are the track's, not only the neighbour's. */
const FINAL: ReadonlySet<TrackEnd["kind"]> = new Set(["ended", "replaced", "malformed"]);

/** Refusals that may be otherwise a moment later. */
const PASSING: ReadonlySet<Refusal["kind"]> = new Set([
  "timeout",
  "going_away",
  "internal_error",
  "excessive_load",
]);

/**
 * A track that comes from another relay, by whichever neighbour is the best way there. Those who
 * follow the track see one track: when the way breaks it goes on by another from where it stopped, and
 * when a better way is there, the old one brings its last groups while the new one begins.
 *
 *     idle: offered, and nobody wants it
 *      │ ▲
 *      ▼ │      a neighbour agrees
 *     search ──────────────────────────▶ current ──▶ candidate: a better way is asked
 *      │ ▲                                 │ ▲             │
 *      │ └─────────────────────────────────┘ └─────────────┘ it agrees, and the old leg retires
 *      │             the leg ended
 *      ▼ too late
 *     over
 */
export class RouteFeed implements Feed, LegOwner {
  readonly publisher: Publisher;
  readonly offered: boolean;
  readonly established: Promise<Outcome<void, Refusal>>;
  readonly fromGroupStart = true;
  readonly remote: RemoteTrack;
  readonly #target: FeedTarget;
  readonly #options: RequestOptions;
  readonly #context: RouteContext;
  readonly #retiring: Retiring;
  readonly #outage: Outage;
  readonly #span: RouteSpan;
  #search: Search | undefined;
  #current: Leg | undefined;
  #candidate: Leg | undefined;
  #retry: Timer | undefined;
  #retryMs = FIRST_RETRY_MS;
  #isFirst = true;
  #isNeeded = true;
  #forward = true;
  #over = false;

  constructor({ track, publisher, target, options }: RouteFeedInit, context: RouteContext) {
    const { clock, settings } = context;
    this.remote = track;
    this.publisher = publisher;
    this.#target = target;
    this.#options = options;
    this.#context = context;
    this.offered = options.offered ?? false;
    this.#retiring = new Retiring(target.track, clock);
    this.#outage = new Outage(clock, target.track, settings.linkTimeoutMs);
    this.#span = new RouteSpan(context.tracing, track, options.trace);
    context.begun(this);
    this.#forward = !this.offered;
    this.established = this.offered ? Promise.resolve(done(undefined)) : this.#open();
  }

  get track(): Track {
    return this.#target.track;
  }

  /** Relays that the track comes by, the next one first; none while it is looked for. */
  get path(): readonly string[] {
    return this.#current?.path ?? [];
  }

  /** The way in use; undefined while there is none. */
  get route(): Route | undefined {
    return this.#current?.route;
  }

  get isInterrupted(): boolean {
    return this.#current === undefined && (this.#forward || !this.offered);
  }

  /** Links or routes are different: perhaps there is a better way, or one at all. */
  review(): void {
    this.#search?.wake();
    const current = this.#current?.route;
    if (current === undefined || this.#candidate !== undefined || !this.#isNeeded) return;
    const [best] = this.#ways();
    if (best === undefined || best.link === current.link) return;
    if (best.link.state === "up" || current.link.state === "leaving") void this.#moveTo(best);
  }

  update(change: FeedChange): void {
    if (change.forward !== undefined && this.offered) return this.#setWanted(change.forward);
    if (change.forward !== undefined) this.#forward = change.forward;
    this.#current?.feed.update(change);
  }

  setNeeded(isNeeded: boolean): void {
    if (this.#over || isNeeded === this.#isNeeded) return;
    this.#isNeeded = isNeeded;
    const leg = this.#current;
    if (isNeeded) {
      // What it was told to bring to an end it would not go on with.
      leg?.cancel();
      this.#current = undefined;
      if (leg !== undefined) this.#retiring.drop(leg);
      return this.isInterrupted ? this.#lost("nearer_gone") : undefined;
    }
    this.#stopAsking();
    if (leg === undefined) return this.#notNeeded();
    this.#retiring.add(leg, () => this.#notNeeded());
  }

  cancel(): void {
    if (!this.#over) this.#leave();
  }

  /** This relay ends: no other way is looked for. */
  close(): void {
    this.#finish({ kind: "going_away", reason: "the relay ends" });
  }

  legQuiet(): void {
    this.#retiring.sweep();
  }

  legBegan(leg: Leg, group: bigint): void {
    if (leg.from !== undefined && group < leg.from.group) return this.#another();
    leg.probation?.cancel();
    const gap = leg === this.#current ? this.#outage.end() : undefined;
    if (gap !== undefined) this.#context.metrics.failoverGap(gap);
    this.#retiring.sweep();
  }

  legPathChanged(leg: Leg): void {
    if (leg !== this.#current) return;
    if (this.#context.accepts(leg.path)) return this.#told();
    // Neighbours may change to each other at the same time: the track would come from nowhere.
    leg.cancel();
    this.legEnded(leg, {
      kind: "lost",
      reason: "the track comes from here, or by too many relays",
    });
  }

  legEnded(leg: Leg, end: TrackEnd): void {
    this.#retiring.drop(leg);
    if (leg !== this.#current) return;
    this.#current = undefined;
    if (!this.#isNeeded) return this.#notNeeded();
    if (FINAL.has(end.kind)) return this.#finish(end);
    this.#lost(leg.route.link.state === "up" ? "lost" : "link_down");
  }

  legContradicted(leg: Leg, reason: string): void {
    if (this.#over) return;
    const isAnother = this.#retiring.size > 0 || leg.from !== undefined;
    this.#target.feeds.contradicted(reason, isAnother);
  }

  /** An offered track is asked for while somebody wants it. */
  #setWanted(isWanted: boolean): void {
    if (this.#over || this.#forward === isWanted) return;
    this.#forward = isWanted;
    if (isWanted) return void (this.#isNeeded && this.#open());
    this.#stopAsking();
    this.#current?.cancel();
    this.#current = undefined;
    this.#span.end();
    this.#told();
  }

  /** A publisher here has the track. What is offered elsewhere stays so. */
  #notNeeded(): void {
    if (!this.offered) return this.#finish(NEARER);
    this.#current = undefined;
    this.#span.end(NEARER);
    this.#told();
  }

  #ways(): readonly Route[] {
    return this.#context.routes.to(this.remote, this.#options.via ?? []);
  }

  #begin(route: Route): Leg | undefined {
    const { newGroupRequest, via = [] } = this.#options;
    const from = this.track.resumePoint ?? this.#options.from;
    // A neighbour is subscribed to once; what it did not bring yet is asked for again.
    this.#retiring.cancelOn(route.link);
    const trace = this.#span.traceparent;
    const options = {
      via,
      ...(trace !== undefined && { trace }),
      ...(newGroupRequest !== undefined && this.#isFirst && { newGroupRequest }),
      ...(from !== undefined && { from }),
    };
    return Leg.begin(route, this.remote.scope, { owner: this, options });
  }

  /** Finds the first way; who is asked by another relay does not wait, since that one may have others. */
  async #open(): Promise<Outcome<void, Refusal>> {
    const { clock, settings, routes, metrics } = this.#context;
    const { via = [] } = this.#options;
    const isKnown = () => routes.isKnown(this.remote, via);
    const wasKnown = isKnown();
    const patience = via.length > 0 ? 0 : settings.requestTimeoutMs;
    const outcome = await this.#seek(
      this.offered ? Infinity : clock.now() + patience,
      ({ kind }) => this.offered || isKnown() && PASSING.has(kind),
    );
    metrics.lookups[outcome.ok ? "found" : wasKnown ? "no_way" : "unknown"]++;
    if (outcome.ok) {
      metrics.hops(this.path.length);
      return done(undefined);
    }
    if (!this.offered && !this.#over) this.#leave(outcome.refusal);
    return outcome;
  }

  /** The way is lost: the track goes on by another, as soon as there is one. */
  #lost(reason: RerouteReason): void {
    this.#context.metrics.reroutes[reason]++;
    this.#span.rerouted(reason);
    this.#outage.begin();
    this.#told();
    // A better way that is being asked is the next to be taken.
    if (this.#candidate === undefined && !this.#over) this.#resume();
  }

  /** Looks for another way, not for ever. */
  #resume(): void {
    const { clock, settings, log } = this.#context;
    const deadline = this.offered ? Infinity : clock.now() + settings.failoverHoldMs;
    void this.#seek(deadline, () => true).then((outcome) => {
      if (outcome.ok || this.#over || this.offered) return;
      const { reason } = outcome.refusal;
      this.#span.run(() => log.warn("remote track lost", { track: textOf(this.remote), reason }));
      this.#finish({ kind: "lost", reason });
    });
  }

  /** Tries every way until one agrees, and takes it. */
  async #seek(
    deadline: number,
    isPassing: (refusal: Refusal) => boolean,
  ): Promise<Outcome<Leg, Refusal>> {
    const { accepts, clock, routes } = this.#context;
    this.#span.begin();
    const search = this.#search = new Search({
      accepts,
      clock,
      deadline,
      ways: () => this.#ways(),
      begin: (route) => this.#begin(route),
      noWay: () => routes.isKnown(this.remote, this.#options.via ?? []) ? NO_WAY : NOBODY,
      isPassing,
      // Those who wait for an offered track would wait for ever.
      onFailure: (round) => {
        if (round === 0 || this.offered) this.#target.broken?.();
      },
    });
    const outcome = await search.outcome;
    if (this.#search !== search) {
      if (outcome.ok) outcome.value.cancel();
      return refused(NOT_WANTED);
    }
    this.#search = undefined;
    if (outcome.ok) this.#take(outcome.value);
    return outcome;
  }

  /** Moves to a better way while the old one lives, without a loss. */
  async #moveTo(route: Route): Promise<void> {
    const leg = this.#candidate = this.#begin(route);
    if (leg === undefined) return;
    const outcome = await leg.answer(this.#context.accepts);
    if (this.#candidate !== leg) return leg.cancel();
    this.#candidate = undefined;
    if (outcome.ok) return this.#take(leg);
    if (this.#current === undefined) return this.#resume();
    this.#reviewLater();
  }

  /** The track comes by this leg from here on; the one before brings what it began. */
  #take(leg: Leg): void {
    const { metrics, log, clock, settings } = this.#context;
    const { link, source } = leg.route;
    const old = this.#current;
    this.#current = leg;
    this.#isFirst = false;
    this.#span.taken(leg);
    this.#span.run(() =>
      log.info("remote track", {
        track: textOf(this.remote),
        neighbor: link.name,
        source,
        ...(leg.from !== undefined && { from_group: String(leg.from.group) }),
      })
    );
    if (old !== undefined) {
      metrics.reroutes.better_route++;
      this.#span.rerouted("better_route");
      this.#retiring.add(old);
    }
    if (!this.#forward) leg.feed.update({ forward: false });
    else if (leg.isBehind) {
      const wait = PROBATION_FACTOR * settings.linkTimeoutMs;
      leg.probation = clock.after(wait, () => leg === this.#current && this.#another());
    }
    this.#told();
    if (this.#ways()[0]?.link === link) this.#retryMs = FIRST_RETRY_MS;
    else this.#reviewLater();
  }

  /** The best way is not in use although it could be: it is asked again after a while. */
  #reviewLater(): void {
    if (this.#over || this.#retry !== undefined) return;
    this.#retry = this.#context.clock.after(this.#retryMs, () => {
      this.#retry = undefined;
      this.review();
    });
    this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS);
  }

  /** What comes under the name now has a numbering of its own: it is another track. */
  #another(): void {
    if (this.#over) return;
    this.#target.feeds.contradicted("another publisher took the name", true);
  }

  #told(): void {
    this.#context.moved();
    this.#target.pathChanged?.();
  }

  #finish(end: TrackEnd): void {
    if (this.#over) return;
    this.#leave(end);
    this.#target.feeds.ended(this, end);
  }

  #stopAsking(): void {
    this.#search?.cancel();
    this.#candidate?.cancel();
    this.#retry?.cancel();
    this.#search = this.#candidate = this.#retry = undefined;
  }

  #leave(ending?: TrackEnd | Refusal): void {
    this.#over = true;
    this.#stopAsking();
    this.#retiring.close();
    this.#current?.cancel();
    this.#current = undefined;
    this.#span.end(ending);
    this.#context.over(this);
  }
}

const NEARER: TrackEnd = { kind: "ended", reason: "a nearer publisher has the track" };

const NOBODY: Refusal = { kind: "does_not_exist", reason: "nobody publishes the track" };
const NO_WAY: Refusal = {
  kind: "timeout",
  reason: "there is no way to the relay that has the track",
};
const NOT_WANTED: Refusal = { kind: "timeout", reason: "nobody waits for the track any more" };

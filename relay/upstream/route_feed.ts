import { done, type Outcome, refused, shownName } from "@qumo/shared/runtime";
import type {
  Feed,
  FeedChange,
  FeedTarget,
  Refusal,
  Source,
  Track,
  TrackEnd,
  Verdict,
} from "../track/mod.ts";
import { Asker } from "./asker.ts";
import { type RemoteTrack, textOf } from "./directory.ts";
import type { Leg, LegOwner } from "./leg.ts";
import { Outage } from "./outage.ts";
import { Retiring } from "./retiring.ts";
import { isFinal, isPassing, NOT_WANTED, OUT_OF_REACH, ROUNDABOUT } from "./refusals.ts";
import type { RemoteFeed, RouteContext, RouteFeedInit } from "./route_context.ts";
import { RouteUpgrade } from "./route_upgrade.ts";
import { RouteSpan } from "./route_span.ts";
import type { Route } from "./routes.ts";
import { Search } from "./search.ts";
import type { RerouteReason } from "../vocabulary.ts";

/**
 * The feed of a remote track, through the best neighbor. Its subscribers see one track: when the path
 * breaks, another one continues where it stopped; when a better route appears, the old leg delivers
 * its last groups while the new one starts.
 *
 *     idle: offered, without a subscriber
 *      │ ▲
 *      ▼ │      a neighbor accepts
 *     search ──────────────────────────▶ current ──▶ a better route is tried
 *      │ ▲                                 │ ▲             │
 *      │ └─────────────────────────────────┘ └─────────────┘ it accepts, and the old leg retires
 *      │             the leg ended
 *      ▼ too late
 *     over
 */
export class RouteFeed implements Feed, RemoteFeed, LegOwner {
  readonly offered: boolean;
  readonly established: Promise<Outcome<void, Refusal>>;
  readonly fromGroupStart = true;
  readonly remote: RemoteTrack;
  readonly #target: FeedTarget;
  readonly #context: RouteContext;
  readonly #asker: Asker;
  readonly #retiring: Retiring;
  readonly #outage: Outage;
  readonly #upgrade: RouteUpgrade;
  readonly #span: RouteSpan;
  #search: Search | undefined;
  #current: Leg | undefined;
  #isNeeded = true;
  #forward = true;
  #over = false;

  constructor({ track, target, options }: RouteFeedInit, context: RouteContext) {
    const { clock, settings, metrics } = context;
    this.remote = track;
    this.#target = target;
    this.#context = context;
    this.offered = options.offered ?? false;
    this.#span = new RouteSpan(context.tracing, track, options.trace);
    const retiring = this.#retiring = new Retiring(target.track, clock);
    this.#asker = new Asker(track, { options, owner: this, retiring, span: this.#span }, context);
    this.#outage = new Outage(clock, target.track, {
      longestSilenceMs: settings.linkTimeoutMs,
      onOver: (gap) => metrics.failoverGap(gap),
    });
    this.#upgrade = new RouteUpgrade({
      clock,
      asker: this.#asker,
      current: () => this.route,
      take: (leg) => this.#take(leg),
      onLost: () => this.#resume(),
    });
    context.begun(this);
    this.#forward = !this.offered;
    this.established = this.offered ? Promise.resolve(done(undefined)) : this.#open();
  }

  get track(): Track {
    return this.#target.track;
  }

  /** The path of the track, the next relay first; empty while there is none. */
  get path(): readonly string[] {
    return this.#current?.path ?? [];
  }

  /** The route in use; undefined while there is none. */
  get route(): Route | undefined {
    return this.#current?.route;
  }

  get source(): Source | undefined {
    return this.#current?.feed.source;
  }

  get isInterrupted(): boolean {
    return this.#current === undefined && (this.#forward || !this.offered);
  }

  get outOfReach(): Refusal | undefined {
    return this.isInterrupted && this.#asker.isOutOfReach ? OUT_OF_REACH : undefined;
  }

  /** Links or routes have changed: looks for a better route, or for a first one. */
  review(): void {
    this.#search?.wake();
    if (this.#isNeeded) this.#upgrade.review();
  }

  update(change: FeedChange): void {
    const { forward = this.#forward } = change;
    if (this.offered && forward !== this.#forward) return this.#setWanted(forward);
    this.#forward = forward;
    this.#current?.feed.update(change);
  }

  setNeeded(isNeeded: boolean): void {
    if (this.#over || isNeeded === this.#isNeeded) return;
    this.#isNeeded = isNeeded;
    const leg = this.#current;
    if (isNeeded) {
      // A leg that was told its last group cannot continue beyond it.
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

  close(): void {
    this.#finish({ kind: "going_away", reason: "the relay is shutting down" });
  }

  legQuiet(): void {
    this.#retiring.sweep();
  }

  legBegan(leg: Leg, group: bigint): void {
    if (leg.from !== undefined && group < leg.from.group) return this.#another();
    if (leg === this.#current) this.#outage.end();
    this.#retiring.sweep();
  }

  legPathChanged(leg: Leg): void {
    if (leg !== this.#current) return;
    if (this.#context.accepts(leg.path)) return this.#told();
    // Two neighbors may switch to each other at the same time, which would be a loop without a
    // source.
    leg.cancel();
    this.legEnded(leg, { kind: "lost", reason: ROUNDABOUT.reason });
  }

  legEnded(leg: Leg, end: TrackEnd): void {
    this.#retiring.drop(leg);
    if (leg !== this.#current) return;
    this.#current = undefined;
    if (!this.#isNeeded) return this.#notNeeded();
    if (isFinal(end)) return this.#finish(end);
    this.#lost(leg.route.link.isBroken ? "link_down" : "lost");
  }

  legContradicted(leg: Leg, reason: string): Verdict {
    if (this.#over) return "lost";
    const isAnother = this.#retiring.size > 0 || leg.from !== undefined;
    return this.#target.feeds.contradicted(this, reason, isAnother);
  }

  /** Subscribes to an offered track while it has subscribers. */
  #setWanted(isWanted: boolean): void {
    if (this.#over) return;
    this.#forward = isWanted;
    if (isWanted) return void (this.#isNeeded && this.#open());
    this.#stopAsking();
    this.#current?.cancel();
    this.#current = undefined;
    this.#span.end();
    this.#told();
  }

  /** A local publisher has the track: drops the subscription; offers of other relays stay. */
  #notNeeded(): void {
    if (!this.offered) return this.#finish(NEARER);
    this.#current = undefined;
    this.#span.end(NEARER);
    this.#told();
  }

  /**
   * Finds the first route. A request of another relay does not wait for one, since that relay may
   * have others.
   */
  async #open(): Promise<Outcome<void, Refusal>> {
    const { clock, settings, metrics } = this.#context;
    const { via, isKnown: wasKnown, goesOn } = this.#asker;
    const wait = goesOn ? settings.failoverHoldMs : settings.requestTimeoutMs;
    const outcome = await this.#seek(
      this.offered ? Infinity : clock.now() + (via.length > 0 ? 0 : wait),
      (refusal) => this.offered || goesOn || this.#asker.isKnown && isPassing(refusal),
    );
    metrics.lookups[outcome.ok ? "found" : wasKnown ? "no_way" : "unknown"]++;
    if (outcome.ok) {
      metrics.hops(this.path.length);
      return done(undefined);
    }
    if (!this.offered && !this.#over) this.#leave(outcome.refusal);
    return outcome;
  }

  /** The route is lost: continues on another one as soon as there is one. */
  #lost(reason: RerouteReason): void {
    this.#context.metrics.reroutes[reason]++;
    this.#span.rerouted(reason);
    this.#outage.begin();
    this.#told();
    // If a better route is being tried, that one is used next.
    if (!this.#upgrade.isAsked && !this.#over) this.#resume();
  }

  /** Searches for another route, for a limited time. */
  #resume(): void {
    const { clock, settings, log } = this.#context;
    const deadline = this.offered ? Infinity : clock.now() + settings.failoverHoldMs;
    void this.#seek(deadline, () => true).then((outcome) => {
      if (outcome.ok || this.#over || this.offered) return;
      const { reason } = outcome.refusal;
      this.#span.run(() =>
        log.warn("remote track lost", { track: shownName(textOf(this.remote)), reason })
      );
      this.#finish({ kind: "lost", reason });
    });
  }

  /** Tries every route until a neighbor accepts, and uses that one. */
  async #seek(
    deadline: number,
    maySucceed: (refusal: Refusal) => boolean,
  ): Promise<Outcome<Leg, Refusal>> {
    this.#span.begin();
    const search = this.#search = new Search({
      clock: this.#context.clock,
      asker: this.#asker,
      deadline,
      isPassing: maySucceed,
      // Subscribers of an offered track would wait for ever; others wait until the search ends.
      onFailure: (round) => {
        if (round === 0 || this.offered || this.outOfReach !== undefined) {
          this.#target.feeds.broken();
        }
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

  /** Switches to `leg`; the previous one delivers its last groups. */
  #take(leg: Leg): void {
    const { metrics, log, clock, settings } = this.#context;
    const { link, source } = leg.route;
    const old = this.#current;
    this.#current = leg;
    this.#asker.answered();
    this.#span.taken(leg);
    this.#span.run(() =>
      log.info("remote track", {
        track: shownName(textOf(this.remote)),
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
    else {
      const late = () => void (leg === this.#current && this.#another());
      leg.mustCatchUp(clock, settings.linkTimeoutMs, late);
    }
    this.#upgrade.taken(leg.route);
    // The leg may have ended since it was answered.
    if (leg.end !== undefined) this.legEnded(leg, leg.end);
    else if (leg.isAnother(this.track)) this.#another();
    else this.legPathChanged(leg);
  }

  /** The name now has another publisher with a numbering of its own: it is another track. */
  #another(): void {
    if (this.#over) return;
    this.#target.feeds.contradicted(this, "another publisher replaced this one", true);
  }

  #told(): void {
    this.#context.moved();
    this.#target.feeds.pathChanged();
  }

  #finish(end: TrackEnd): void {
    if (this.#over) return;
    this.#leave(end);
    this.#target.feeds.ended(this, end);
  }

  #stopAsking(): void {
    this.#search?.cancel();
    this.#search = undefined;
    this.#upgrade.stop();
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

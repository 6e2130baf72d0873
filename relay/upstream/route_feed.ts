import { done, type Outcome } from "@qumo/shared/runtime";
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
import type { RemoteTrack } from "./directory.ts";
import { DrainingSubscriptions } from "./draining_subscriptions.ts";
import { isFinal, OUT_OF_REACH, ROUTING_LOOP } from "./refusals.ts";
import type { RemoteFeed, RouteContext, RouteFeedInit } from "./route_context.ts";
import { RouteSearch } from "./route_search.ts";
import { RouteTelemetry } from "./route_telemetry.ts";
import { RouteUpgrade } from "./route_upgrade.ts";
import type { Route } from "./routes.ts";
import type { SubscriptionOwner, UpstreamSubscription } from "./upstream_subscription.ts";
import type { RerouteReason } from "../vocabulary/mod.ts";

/**
 * The feed of a remote track, through the best neighbor. Its subscribers see one track: when the
 * path breaks, another one continues where it stopped; when a better route appears, the old
 * subscription delivers its last groups while the new one starts.
 *
 *     idle: offered, without a subscriber
 *      │ ▲
 *      ▼ │      a neighbor accepts
 *     search ──────────────────────────▶ current ──▶ a better route is tried
 *      │ ▲                                 │ ▲             │
 *      │ └─────────────────────────────────┘ └─────────────┘ its neighbor accepts: the
 *      │      the subscription ended                         old subscription drains
 *      ▼ too late
 *     over
 */
export class RouteFeed implements Feed, RemoteFeed, SubscriptionOwner {
  readonly offered: boolean;
  readonly established: Promise<Outcome<void, Refusal>>;
  readonly remote: RemoteTrack;
  readonly #target: FeedTarget;
  readonly #context: RouteContext;
  readonly #search: RouteSearch;
  readonly #draining: DrainingSubscriptions;
  readonly #upgrade: RouteUpgrade;
  readonly #telemetry: RouteTelemetry;
  #current: UpstreamSubscription | undefined;
  #isNeeded = true;
  #forward = true;
  #over = false;

  constructor({ track: remote, target, options }: RouteFeedInit, context: RouteContext) {
    const { clock } = context;
    const { track } = target;
    this.remote = remote;
    this.#target = target;
    this.#context = context;
    this.offered = options.offered ?? false;
    const telemetry = new RouteTelemetry(remote, { track, trace: options.trace }, context);
    this.#telemetry = telemetry;
    const draining = this.#draining = new DrainingSubscriptions(track, clock);
    const trace = () => telemetry.traceparent;
    this.#search = new RouteSearch(remote, {
      options,
      owner: this,
      draining,
      trace,
      onFound: (subscription) => this.#use(subscription),
      onFailure: () => target.feeds.broken(),
    }, context);
    this.#upgrade = new RouteUpgrade({
      clock,
      search: this.#search,
      current: () => this.route,
      onAccepted: (subscription) => this.#use(subscription),
      onLost: () => this.#findOther(),
    });
    context.feedStarted(this);
    this.#forward = !this.offered;
    this.established = this.offered ? Promise.resolve(done(undefined)) : this.#findFirst();
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

  /** Relays of other programs begin with the next object. */
  get fromGroupStart(): boolean {
    return this.#current?.feed.fromGroupStart ?? false;
  }

  get bringsPast(): boolean {
    return this.#current?.feed.bringsPast ?? false;
  }

  get isInterrupted(): boolean {
    return this.#current === undefined && (this.#forward || !this.offered);
  }

  get outOfReach(): Refusal | undefined {
    return this.isInterrupted && this.#search.isOutOfReach ? OUT_OF_REACH : undefined;
  }

  /** Links or routes have changed: looks for a better route, or for a first one. */
  review(): void {
    this.#search.wake();
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
    if (isNeeded) {
      // A subscription that was given its last group cannot continue beyond it.
      this.#cancelCurrent();
      return this.isInterrupted ? this.#routeLost("nearer_gone") : undefined;
    }
    this.#stopSearching();
    if (this.#current === undefined) return this.#notNeeded();
    this.#draining.add(this.#current, () => this.#notNeeded());
  }

  cancel(): void {
    if (!this.#over) this.#leave();
  }

  close(): void {
    this.#finish({ kind: "going_away", reason: "the relay is shutting down" });
  }

  subscriptionQuiet(): void {
    this.#draining.sweep();
  }

  groupBegan(subscription: UpstreamSubscription, group: bigint): void {
    if (subscription === this.#current) {
      const { from } = subscription;
      if (from !== undefined && group < from.group) return this.#publisherReplaced();
      this.#telemetry.arriving();
    }
    this.#draining.sweep();
  }

  subscriptionPathChanged(subscription: UpstreamSubscription): void {
    if (subscription !== this.#current) return;
    if (this.#context.accepts(subscription.path)) return this.#pathChanged();
    // Two neighbors may switch to each other at the same time, which would be a loop without a
    // source.
    subscription.cancel();
    this.subscriptionEnded(subscription, { kind: "lost", reason: ROUTING_LOOP.reason });
  }

  subscriptionEnded(subscription: UpstreamSubscription, end: TrackEnd): void {
    this.#draining.remove(subscription);
    if (subscription !== this.#current) return;
    this.#current = undefined;
    if (!this.#isNeeded) return this.#notNeeded();
    if (isFinal(end)) return this.#finish(end);
    this.#routeLost(subscription.route.link.isBroken ? "link_down" : "lost");
  }

  subscriptionContradicted(subscription: UpstreamSubscription, reason: string): Verdict {
    if (this.#over) return "lost";
    const isAnother = this.#draining.size > 0 || subscription.from !== undefined;
    return this.#target.feeds.contradicted(this, reason, isAnother);
  }

  /** Subscribes to an offered track while it has subscribers. */
  #setWanted(isWanted: boolean): void {
    if (this.#over) return;
    this.#forward = isWanted;
    if (isWanted) return void (this.#isNeeded && this.#findFirst());
    this.#stopSearching();
    this.#cancelCurrent();
    this.#telemetry.end();
    this.#pathChanged();
  }

  /** A local publisher has the track: drops the subscription; offers of other relays stay. */
  #notNeeded(): void {
    if (!this.offered) return this.#finish(LOCAL_PUBLISHER);
    this.#current = undefined;
    this.#telemetry.end(LOCAL_PUBLISHER);
    this.#pathChanged();
  }

  async #findFirst(): Promise<Outcome<void, Refusal>> {
    const wasKnown = this.#search.isKnown;
    this.#telemetry.searching();
    const outcome = await this.#search.first();
    if (outcome.ok) {
      this.#telemetry.found(this.path.length);
      return done(undefined);
    }
    this.#telemetry.notFound(wasKnown);
    if (!this.offered && !this.#over) this.#leave(outcome.refusal);
    return outcome;
  }

  /** The route is lost: continues on another one as soon as there is one. */
  #routeLost(reason: RerouteReason): void {
    this.#telemetry.routeLost(reason);
    this.#pathChanged();
    // If a better route is being tried, that one is used next.
    if (!this.#upgrade.isTrying && !this.#over) this.#findOther();
  }

  /** Searches for another route, for a limited time. */
  #findOther(): void {
    this.#telemetry.searching();
    void this.#search.another().then((outcome) => {
      if (outcome.ok || this.#over || this.offered) return;
      const { reason } = outcome.refusal;
      this.#telemetry.trackLost(reason);
      this.#finish({ kind: "lost", reason });
    });
  }

  /** Switches to `subscription`; the previous one delivers its last groups. */
  #use(subscription: UpstreamSubscription): void {
    const { clock, settings } = this.#context;
    const previous = this.#current;
    this.#current = subscription;
    this.#search.answered();
    this.#telemetry.switched(subscription, previous);
    if (previous !== undefined) this.#draining.add(previous);
    if (!this.#forward) subscription.feed.update({ forward: false });
    else {
      const late = () => void (subscription === this.#current && this.#publisherReplaced());
      subscription.mustCatchUp(clock, settings.linkTimeoutMs, late);
    }
    this.#upgrade.used(subscription.route);
    // The subscription may have ended since it was answered.
    if (subscription.end !== undefined) this.subscriptionEnded(subscription, subscription.end);
    else if (subscription.isAnotherPublisher(this.track)) this.#publisherReplaced();
    else this.subscriptionPathChanged(subscription);
  }

  /** The name now has another publisher with a numbering of its own: it is another track. */
  #publisherReplaced(): void {
    if (this.#over) return;
    this.#target.feeds.contradicted(this, "another publisher replaced this one", true);
  }

  #pathChanged(): void {
    this.#context.routeChanged();
    this.#target.feeds.pathChanged();
  }

  #finish(end: TrackEnd): void {
    if (this.#over) return;
    this.#leave(end);
    this.#target.feeds.ended(this, end);
  }

  #stopSearching(): void {
    this.#search.stop();
    this.#upgrade.stop();
  }

  #cancelCurrent(): void {
    if (this.#current === undefined) return;
    this.#draining.remove(this.#current);
    this.#current.cancel();
    this.#current = undefined;
  }

  #leave(ending?: TrackEnd | Refusal): void {
    this.#over = true;
    this.#stopSearching();
    this.#draining.close();
    this.#cancelCurrent();
    this.#telemetry.end(ending);
    this.#context.feedEnded(this);
  }
}

const LOCAL_PUBLISHER: TrackEnd = { kind: "ended", reason: "a nearer publisher has the track" };

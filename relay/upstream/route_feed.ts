import {
  type Clock,
  done,
  type Log,
  type Outcome,
  refused,
  type Timer,
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
import { Retiring } from "./retiring.ts";
import type { Route, Routes } from "./routes.ts";
import type { MeshSettings } from "./settings.ts";

/** What the feeds of all remote tracks share. */
export interface RouteContext {
  readonly routes: Routes;
  readonly settings: MeshSettings;
  readonly metrics: MeshMetrics;
  readonly clock: Clock;
  readonly log: Log;
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

/** How long to wait before the ways are tried again that have just refused, when nothing is heard. */
const RETRY_MS = 250;

/** Ends that are the track's, not only the neighbour's. */
const FINAL: ReadonlySet<TrackEnd["kind"]> = new Set(["ended", "replaced", "malformed"]);

/**
 * A track that comes from another relay, by whichever neighbour is the best way there. Those who
 * follow the track see one track: when the way breaks it goes on by another from where it stopped, and
 * when a better way is there, the old one brings its last groups while the new one begins.
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
  #current: Leg | undefined;
  // One that is asked and has not agreed.
  #asked: Leg | undefined;
  #isSeeking = false;
  #isNeeded = true;
  #forward = true;
  #lostAt: number | undefined;
  #lastSource: string | undefined;
  #wake: () => void = () => {};
  #over = false;

  constructor({ track, publisher, target, options }: RouteFeedInit, context: RouteContext) {
    this.remote = track;
    this.publisher = publisher;
    this.#target = target;
    this.#options = options;
    this.#context = context;
    this.offered = options.offered ?? false;
    this.#retiring = new Retiring(target.track, context.clock);
    context.begun(this);
    if (this.offered) {
      this.#forward = false;
      this.established = Promise.resolve(done(undefined));
    } else this.established = this.#open();
  }

  get track(): Track {
    return this.#target.track;
  }

  /** Relays that the track comes by, the next one first; none while it is looked for. */
  get path(): readonly string[] {
    return this.#current?.path ?? [];
  }

  get since(): number | undefined {
    return this.#current?.feed.since;
  }

  get isInterrupted(): boolean {
    return this.#current === undefined && !this.offered;
  }

  /** The way in use; undefined while there is none. */
  get route(): Route | undefined {
    return this.#current?.route;
  }

  /** Links or routes are different: perhaps there is a better way, or one at all. */
  review(): void {
    this.#wake();
    if (this.#over || this.#isSeeking || this.#current === undefined || !this.#isNeeded) return;
    const [best] = this.#ways();
    const { link } = this.#current.route;
    if (best === undefined || best.link === link) return;
    if (best.link.state === "up" || link.state === "leaving") void this.#move(best);
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
    if (leg === undefined) return;
    if (isNeeded) {
      this.#retiring.drop(leg);
      return this.#lost("nearer_gone");
    }
    this.#retiring.add(leg, () => {
      if (!this.#isNeeded) {
        this.#finish({ kind: "ended", reason: "a nearer publisher has the track" });
      }
    });
  }

  cancel(): void {
    if (this.#over) return;
    this.#leave();
  }

  legQuiet(): void {
    this.#retiring.sweep();
  }

  legBegan(leg: Leg, group: bigint): void {
    if (leg.from !== undefined && group < leg.from.group) return this.#another();
    this.#resumed();
    this.#retiring.sweep();
  }

  legPathChanged(leg: Leg): void {
    if (leg === this.#current) this.#told();
  }

  legEnded(leg: Leg, end: TrackEnd): void {
    if (this.#retiring.drop(leg) || leg !== this.#current) return;
    this.#current = undefined;
    if (FINAL.has(end.kind) || this.#forward === false && this.offered) return this.#finish(end);
    this.#lost(leg.route.link.state === "up" ? "lost" : "link_down");
  }

  legContradicted(leg: Leg, reason: string): void {
    if (this.#over) return;
    const isAnother = this.#retiring.size > 0 || leg.from !== undefined;
    this.#target.feeds.contradicted(reason, isAnother);
  }

  /** An offered track is asked for while somebody wants it. */
  #setWanted(isWanted: boolean): void {
    if (this.#forward === isWanted) return;
    this.#forward = isWanted;
    if (isWanted) return void this.#open();
    const leg = this.#current;
    this.#current = undefined;
    leg?.cancel();
    this.#asked?.cancel();
  }

  #ways(): readonly Route[] {
    const { routes, settings } = this.#context;
    const { via = [] } = this.#options;
    return via.length >= settings.maxHops ? [] : routes.to(this.remote, via);
  }

  /** Finds the first way; who is asked by another relay does not wait, since that one may have others. */
  async #open(): Promise<Outcome<void, Refusal>> {
    const { clock, settings, routes, metrics } = this.#context;
    const { newGroupRequest, from, via = [] } = this.#options;
    const deadline = clock.now() + (via.length > 0 ? 0 : settings.requestTimeoutMs);
    const isKnown = routes.isKnown(this.remote);
    const outcome = await this.#seek(deadline, () => ({
      via,
      ...(newGroupRequest !== undefined && { newGroupRequest }),
      ...(from !== undefined && { from }),
    }));
    metrics.lookups[outcome.ok ? "found" : isKnown ? "no_way" : "unknown"]++;
    if (outcome.ok) metrics.hops(this.path.length);
    else if (!this.offered) this.#leave();
    return outcome;
  }

  /** The way is lost: the track goes on by another, as soon as there is one. */
  #lost(reason: RerouteReason): void {
    const { clock, metrics, settings, log } = this.#context;
    metrics.reroutes[reason]++;
    this.#lostAt ??= clock.now();
    this.#told();
    if (this.#isSeeking) return;
    const deadline = clock.now() + settings.failoverHoldMs;
    void this.#seek(deadline, () => {
      const from = this.track.resumePoint;
      return { via: this.#options.via ?? [], ...(from !== undefined && { from }) };
    }).then((outcome) => {
      if (outcome.ok || this.#over) return;
      log.warn("remote track lost", {
        track: textOf(this.remote),
        reason: outcome.refusal.reason,
      });
      this.#finish({ kind: "lost", reason: outcome.refusal.reason });
    });
  }

  /** Tries every way until one agrees, again whenever something changed, until the deadline. */
  async #seek(deadline: number, options: () => RequestOptions): Promise<Outcome<void, Refusal>> {
    const { clock, routes } = this.#context;
    this.#isSeeking = true;
    try {
      for (;;) {
        const outcome = await this.#tryAll(options());
        if (outcome.ok || this.#over) return outcome;
        const isHopeless = this.#lostAt === undefined && !routes.isKnown(this.remote);
        const isAnswered = this.#lostAt === undefined && outcome.refusal !== NO_WAY;
        if (clock.now() >= deadline || isHopeless || isAnswered) return outcome;
        await this.#change(Math.min(deadline, clock.now() + RETRY_MS));
      }
    } finally {
      this.#isSeeking = false;
    }
  }

  async #tryAll(options: RequestOptions): Promise<Outcome<void, Refusal>> {
    const tried = new Set<unknown>();
    let refusal = this.#context.routes.isKnown(this.remote) ? NO_WAY : NOBODY;
    for (;;) {
      const route = this.#ways().find(({ link }) => !tried.has(link));
      if (route === undefined || this.#over) return refused(refusal);
      tried.add(route.link);
      const outcome = await this.#ask(route, options);
      if (outcome.ok) return outcome;
      refusal = outcome.refusal;
    }
  }

  /** Asks one neighbour; if it agrees, the track comes from there. */
  async #ask(route: Route, options: RequestOptions): Promise<Outcome<void, Refusal>> {
    const leg = Leg.begin(route, this.remote.scope, { owner: this, options });
    if (leg === undefined) return refused(NO_WAY);
    this.#asked = leg;
    const outcome = await leg.feed.established;
    this.#asked = undefined;
    if (!outcome.ok) return outcome;
    if (this.#over || this.offered && !this.#forward) {
      leg.cancel();
      return refused(NOT_WANTED);
    }
    this.#settle(leg);
    return outcome;
  }

  #settle(leg: Leg): void {
    if (this.#isAnother(leg)) {
      leg.cancel();
      return this.#another();
    }
    const { link, source } = leg.route;
    this.#context.log.info("remote track", {
      track: textOf(this.remote),
      neighbor: link.name,
      source,
      ...(this.#lostAt !== undefined && { after: "a loss" }),
    });
    this.#current = leg;
    this.#lastSource = source;
    if (!this.#forward) leg.feed.update({ forward: false });
    this.#told();
  }

  /** Moves to a better way while the old one lives, without a loss. */
  async #move(route: Route): Promise<void> {
    const old = this.#current;
    this.#isSeeking = true;
    const from = this.track.resumePoint;
    const { via = [] } = this.#options;
    const outcome = await this.#ask(route, { via, ...(from !== undefined && { from }) });
    this.#isSeeking = false;
    if (this.#over) return;
    if (!outcome.ok) {
      if (this.#current === undefined) this.#lost("link_down");
      return;
    }
    if (old === undefined || this.#current === old) return;
    this.#context.metrics.reroutes.better_route++;
    this.#retiring.add(old);
  }

  /**
   * Whether a publisher has begun anew, with a numbering that starts over: it came after the last that
   * was heard of the track, and is behind. One that is only behind goes on with the same track.
   */
  #isAnother({ from, feed: { largest, since } }: Leg): boolean {
    if (from === undefined || largest === undefined || since === undefined) return false;
    return largest.group < from.group && since > (this.track.lastArrival ?? since);
  }

  /** What comes under the name now has a numbering of its own: it is another track. */
  #another(): void {
    if (this.#over) return;
    this.#target.feeds.contradicted("another publisher took the name", true);
  }

  /** Objects come again, if they had stopped. */
  #resumed(): void {
    if (this.#lostAt === undefined || this.#current === undefined) return;
    const { clock, metrics, settings } = this.#context;
    // A track on which little happens was not interrupted for as long as nothing happened.
    const earliest = this.#lostAt - settings.linkTimeoutMs;
    metrics.failoverGap(clock.now() - Math.max(this.track.lastArrival ?? earliest, earliest));
    this.#lostAt = undefined;
  }

  #told(): void {
    this.#context.moved();
    this.#target.pathChanged?.();
  }

  /** Resolves when something changed, or at the latest at `deadline`. */
  #change(deadline: number): Promise<void> {
    const { clock } = this.#context;
    return new Promise((resolve) => {
      const timer: Timer = clock.after(deadline - clock.now(), () => this.#wake());
      this.#wake = () => {
        timer.cancel();
        this.#wake = () => {};
        resolve();
      };
    });
  }

  #finish(end: TrackEnd): void {
    if (this.#over) return;
    this.#leave();
    this.#target.feeds.ended(this, end);
  }

  #leave(): void {
    this.#over = true;
    this.#wake();
    this.#retiring.close();
    this.#asked?.cancel();
    this.#current?.cancel();
    this.#current = undefined;
    this.#context.over(this);
  }
}

const NOBODY: Refusal = { kind: "does_not_exist", reason: "nobody publishes the track" };
const NO_WAY: Refusal = {
  kind: "timeout",
  reason: "there is no way to the relay that has the track",
};
const NOT_WANTED: Refusal = { kind: "timeout", reason: "nobody waits for the track any more" };

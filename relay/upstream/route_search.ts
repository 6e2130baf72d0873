import { type Outcome, refused, sleep } from "@qumo/shared/runtime";
import type { Refusal, RequestOptions } from "../track/mod.ts";
import type { RemoteTrack } from "./directory.ts";
import type { DrainingSubscriptions } from "./draining_subscriptions.ts";
import { isPassing, NO_ROUTE, NOBODY, NOT_WANTED, OUT_OF_REACH } from "./refusals.ts";
import type { RouteContext } from "./route_context.ts";
import type { Route } from "./routes.ts";
import { type SubscriptionOwner, UpstreamSubscription } from "./upstream_subscription.ts";

/**
 * The first wait before the routes are tried again after all refused and nothing changed, in
 * milliseconds.
 */
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 2_000;

/**
 * For how long after the start of a search a refusal with DOES_NOT_EXIST is retried, in
 * milliseconds: announces do not reach every relay at the same moment.
 */
const SPREAD_MS = 600;

/** What a {@linkcode RouteSearch} works with. */
export interface RouteSearchInit {
  readonly options: RequestOptions;
  /** Notified by the subscriptions. */
  readonly owner: SubscriptionOwner;
  /** Subscriptions that were replaced and still deliver their last groups. */
  readonly draining: DrainingSubscriptions;
  /** Returns the trace context that is sent to neighbors. */
  readonly trace: () => string | undefined;
  /** Called when a neighbor has accepted. */
  readonly onFound: (subscription: UpstreamSubscription) => void;
  /** Called when every route was tried in vain, and subscribers need not wait for the rest. */
  readonly onFailure: () => void;
}

/** How long a search lasts. */
interface SearchLimits {
  /** For how many milliseconds, where the track is not an offered one. */
  readonly waitMs: number;
  /** Whether a refusal may be temporary. */
  readonly isTemporary: (refusal: Refusal) => boolean;
}

interface Round {
  readonly outcome: Outcome<UpstreamSubscription, Refusal>;
  /** Whether a neighbor that is not the source itself did not know the track. */
  readonly isUnheardOf: boolean;
}

/** Searches for neighbors that deliver a remote track, one search at a time, and subscribes to it there. */
export class RouteSearch {
  readonly #remote: RemoteTrack;
  readonly #init: RouteSearchInit;
  readonly #context: RouteContext;
  #change = new AbortController();
  #searching: AbortController | undefined;
  #isAnswered = false;

  constructor(remote: RemoteTrack, init: RouteSearchInit, context: RouteContext) {
    this.#remote = remote;
    this.#init = init;
    this.#context = context;
  }

  /** The path of the request: until it is answered, it must not be sent back to these relays. */
  get via(): readonly string[] {
    return this.#isAnswered ? [] : this.#init.options.via ?? [];
  }

  /** Whether the subscribers already had the track, from a publisher that is gone. */
  get isContinuation(): boolean {
    return this.#init.options.from !== undefined && this.via.length === 0;
  }

  /** Whether another relay may have the track, with or without a route to it. */
  get isKnown(): boolean {
    return this.#context.routes.isKnown(this.#remote, this.via);
  }

  /** Whether only unreachable relays have the track. */
  get isOutOfReach(): boolean {
    return !this.isKnown && this.#context.routes.isOutOfReach(this.#remote);
  }

  /** Whether the track was offered: it is searched for as long as it has subscribers. */
  get #isOffered(): boolean {
    return this.#init.options.offered ?? false;
  }

  /** The usable routes, the best first. */
  routes(): readonly Route[] {
    return this.#context.routes.to(this.#remote, this.via);
  }

  /** The track is delivered: from now on its own path decides which neighbors cannot be asked. */
  answered(): void {
    this.#isAnswered = true;
  }

  /** Links or routes have changed: a search tries the routes again at once. */
  wake(): void {
    this.#change.abort();
    this.#change = new AbortController();
  }

  /**
   * Searches for the first route. A request of another relay does not wait for one, since that relay
   * may have others. Never rejects.
   */
  first(): Promise<Outcome<UpstreamSubscription, Refusal>> {
    const { failoverHoldMs, requestTimeoutMs } = this.#context.settings;
    const { isContinuation } = this;
    const waitMs = isContinuation ? failoverHoldMs : requestTimeoutMs;
    return this.#find({
      waitMs: this.via.length > 0 ? 0 : waitMs,
      isTemporary: (refusal) =>
        this.#isOffered || isContinuation || this.isKnown && isPassing(refusal),
    });
  }

  /** Searches for a route to continue on, after one was lost. Never rejects. */
  another(): Promise<Outcome<UpstreamSubscription, Refusal>> {
    const { failoverHoldMs: waitMs } = this.#context.settings;
    return this.#find({ waitMs, isTemporary: () => true });
  }

  /** Stops the search: its result is not wanted any more. */
  stop(): void {
    this.#searching?.abort();
    this.#searching = undefined;
  }

  async #find(limits: SearchLimits): Promise<Outcome<UpstreamSubscription, Refusal>> {
    const searching = this.#searching = new AbortController();
    const outcome = await this.#tryUntilFound(limits, searching.signal);
    if (this.#searching !== searching) {
      if (outcome.ok) outcome.value.cancel();
      return refused(NOT_WANTED);
    }
    this.#searching = undefined;
    if (outcome.ok) this.#init.onFound(outcome.value);
    return outcome;
  }

  /**
   * Tries one neighbor after the other, and all again whenever something changed, until one
   * accepts, the time is over or the search is aborted.
   */
  async #tryUntilFound(
    { waitMs, isTemporary }: SearchLimits,
    signal: AbortSignal,
  ): Promise<Outcome<UpstreamSubscription, Refusal>> {
    const { clock } = this.#context;
    const deadline = this.#isOffered ? Infinity : clock.now() + waitMs;
    const spread = clock.now() + SPREAD_MS;
    let retryMs = FIRST_RETRY_MS;
    for (let round = 0;; round++) {
      const change = this.#change.signal;
      const { outcome, isUnheardOf } = await this.#tryAll(signal);
      if (outcome.ok || signal.aborted) return outcome;
      // Subscribers of an offered track would wait for ever; others wait until the search ends.
      if (round === 0 || this.#isOffered || this.isOutOfReach) this.#init.onFailure();
      const isEarly = isUnheardOf && clock.now() < spread;
      if (clock.now() >= deadline || !isEarly && !isTemporary(outcome.refusal)) return outcome;
      const wait = Math.min(deadline - clock.now(), retryMs);
      await sleep(clock, wait, AbortSignal.any([change, signal]));
      if (signal.aborted) return refused(NOT_WANTED);
      retryMs = change.aborted ? FIRST_RETRY_MS : Math.min(2 * retryMs, LONGEST_RETRY_MS);
    }
  }

  /**
   * Subscribes at the neighbor of `route`, from the first missing object where part of the track
   * was delivered already. Undefined when the neighbor has no session now. A subscription that is
   * not answered before the signal aborts is cancelled.
   */
  async subscribe(
    route: Route,
    signal: AbortSignal,
  ): Promise<Outcome<UpstreamSubscription, Refusal> | undefined> {
    const subscription = this.#begin(route);
    if (subscription === undefined) return undefined;
    const cancel = () => subscription.cancel();
    signal.addEventListener("abort", cancel);
    const outcome = await subscription.answer(this.#context);
    signal.removeEventListener("abort", cancel);
    return signal.aborted ? refused(NOT_WANTED) : outcome;
  }

  async #tryAll(signal: AbortSignal): Promise<Round> {
    const tried = new Set<unknown>();
    let refusal = this.#noRoute();
    let isUnheardOf = false;
    for (;;) {
      const route = this.routes().find(({ link }) => !tried.has(link));
      if (route === undefined) return { outcome: refused(refusal), isUnheardOf };
      tried.add(route.link);
      const outcome = await this.subscribe(route, signal);
      if (outcome?.ok || signal.aborted) {
        return { outcome: outcome ?? refused(NOT_WANTED), isUnheardOf };
      }
      if (outcome === undefined) continue;
      refusal = outcome.refusal;
      const isSource = route.link.name === route.source;
      if (refusal.kind === "does_not_exist" && !isSource) isUnheardOf = true;
    }
  }

  /** The refusal for a track without a route. */
  #noRoute(): Refusal {
    if (this.isKnown) return NO_ROUTE;
    return this.isOutOfReach ? OUT_OF_REACH : NOBODY;
  }

  #begin(route: Route): UpstreamSubscription | undefined {
    const { options: { newGroupRequest, past, from }, owner, draining } = this.#init;
    // There is one subscription for each neighbor; the new one asks again for what the old one did
    // not deliver.
    draining.cancelOn(route.link);
    const { resumePoint = from } = owner.track;
    const trace = this.#init.trace();
    const options = {
      via: this.via,
      ...(trace !== undefined && { trace }),
      ...(newGroupRequest !== undefined && resumePoint === undefined && { newGroupRequest }),
      ...(past === true && { past }),
      ...(resumePoint !== undefined && { from: resumePoint }),
    };
    return UpstreamSubscription.begin(route, this.#remote.scope, { owner, options });
  }
}

import type { Clock, Timer } from "@qumo/shared/runtime";
import type { RouteSearch } from "./route_search.ts";
import type { Route } from "./routes.ts";
import type { UpstreamSubscription } from "./upstream_subscription.ts";

/** The first wait before a better route that refused is tried again, in milliseconds. */
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 8_000;

/** What a {@linkcode RouteUpgrade} works with. */
export interface RouteUpgradeOptions {
  readonly clock: Clock;
  readonly search: RouteSearch;
  /** The route in use; undefined while there is none. */
  readonly current: () => Route | undefined;
  /** Called when the neighbor of a better route accepted. */
  readonly onAccepted: (subscription: UpstreamSubscription) => void;
  /** Called when the better route refused and the route in use was lost meanwhile. */
  readonly onLost: () => void;
}

/**
 * Tries a better route than the one in use, again and again until its neighbor accepts or it is no
 * longer better.
 */
export class RouteUpgrade {
  readonly #options: RouteUpgradeOptions;
  #attempt: AbortController | undefined;
  #retry: Timer | undefined;
  #retryMs = FIRST_RETRY_MS;

  constructor(options: RouteUpgradeOptions) {
    this.#options = options;
  }

  /** Whether a better route is being tried. */
  get isTrying(): boolean {
    return this.#attempt !== undefined;
  }

  /** Links or routes have changed. */
  review(): void {
    const { search, current } = this.#options;
    const used = current();
    if (used === undefined || this.#attempt !== undefined) return;
    const [best] = search.routes();
    if (best === undefined || best.link === used.link) return;
    if (best.link.state === "up" || used.link.state === "leaving") void this.#try(best);
  }

  /** `route` is in use from now on. */
  used({ link }: Route): void {
    if (this.#options.search.routes()[0]?.link === link) this.#retryMs = FIRST_RETRY_MS;
    else this.#reviewLater();
  }

  /** Stops trying. */
  stop(): void {
    this.#attempt?.abort();
    this.#retry?.cancel();
    this.#attempt = this.#retry = undefined;
  }

  async #try(route: Route): Promise<void> {
    const { search, current, onAccepted, onLost } = this.#options;
    const attempt = this.#attempt = new AbortController();
    const outcome = await search.subscribe(route, attempt.signal);
    if (attempt.signal.aborted) {
      if (outcome?.ok) outcome.value.cancel();
      return;
    }
    this.#attempt = undefined;
    if (outcome?.ok) onAccepted(outcome.value);
    else if (current() === undefined) onLost();
    else this.#reviewLater();
  }

  #reviewLater(): void {
    if (this.#retry !== undefined) return;
    this.#retry = this.#options.clock.after(this.#retryMs, () => {
      this.#retry = undefined;
      this.review();
    });
    this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS);
  }
}

import type { Clock, Timer } from "@qumo/shared/runtime";
import type { Asker } from "./asker.ts";
import type { Leg } from "./leg.ts";
import type { Route } from "./routes.ts";

/** The first wait before a better route that refused is asked again, in milliseconds. */
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 8_000;

/** What a {@linkcode RouteUpgrade} works with. */
export interface RouteUpgradeOptions {
  readonly clock: Clock;
  readonly asker: Asker;
  /** The route in use; undefined while there is none. */
  readonly current: () => Route | undefined;
  /** Called when the neighbor of a better route accepted. */
  readonly take: (leg: Leg) => void;
  /** Called when the better route refused and the route in use was lost meanwhile. */
  readonly onLost: () => void;
}

/**
 * Tries a better route than the one in use, again and again until its neighbor accepts or it is no
 * longer better.
 */
export class RouteUpgrade {
  readonly #options: RouteUpgradeOptions;
  #asked: Leg | undefined;
  #retry: Timer | undefined;
  #retryMs = FIRST_RETRY_MS;

  constructor(options: RouteUpgradeOptions) {
    this.#options = options;
  }

  /** Whether a better route is being tried. */
  get isAsked(): boolean {
    return this.#asked !== undefined;
  }

  /** Links or routes have changed. */
  review(): void {
    const { asker, current } = this.#options;
    const used = current();
    if (used === undefined || this.#asked !== undefined) return;
    const [best] = asker.routes();
    if (best === undefined || best.link === used.link) return;
    if (best.link.state === "up" || used.link.state === "leaving") void this.#ask(best);
  }

  /** `route` is in use from now on. */
  taken({ link }: Route): void {
    if (this.#options.asker.routes()[0]?.link === link) this.#retryMs = FIRST_RETRY_MS;
    else this.#reviewLater();
  }

  /** Stops trying. */
  stop(): void {
    this.#asked?.cancel();
    this.#retry?.cancel();
    this.#asked = this.#retry = undefined;
  }

  async #ask(route: Route): Promise<void> {
    const { asker, current, take, onLost } = this.#options;
    const leg = this.#asked = asker.begin(route);
    if (leg === undefined) return this.#reviewLater();
    const outcome = await leg.answer(asker);
    if (this.#asked !== leg) return leg.cancel();
    this.#asked = undefined;
    if (outcome.ok) take(leg);
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

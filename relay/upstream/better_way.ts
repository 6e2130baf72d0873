import type { Clock, Timer } from "@qumo/shared/runtime";
import type { Asker } from "./asker.ts";
import type { Leg } from "./leg.ts";
import type { Route } from "./routes.ts";

/** How long to wait before a better way is asked again that has refused. */
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 8_000;

/** What a {@linkcode BetterWay} works with. */
export interface BetterWayOptions {
  readonly clock: Clock;
  readonly asker: Asker;
  /** The way in use; undefined while there is none. */
  readonly current: () => Route | undefined;
  /** A better way agreed. */
  readonly take: (leg: Leg) => void;
  /** It refused, and meanwhile the way in use was lost. */
  readonly onLost: () => void;
}

/** Asks a better way than the one in use, again and again until it agrees or is better no more. */
export class BetterWay {
  readonly #options: BetterWayOptions;
  #asked: Leg | undefined;
  #retry: Timer | undefined;
  #retryMs = FIRST_RETRY_MS;

  constructor(options: BetterWayOptions) {
    this.#options = options;
  }

  /** Whether one is being asked. */
  get isAsked(): boolean {
    return this.#asked !== undefined;
  }

  /** Links or routes are different. */
  review(): void {
    const { asker, current } = this.#options;
    const used = current();
    if (used === undefined || this.#asked !== undefined) return;
    const [best] = asker.ways();
    if (best === undefined || best.link === used.link) return;
    if (best.link.state === "up" || used.link.state === "leaving") void this.#ask(best);
  }

  /** This way is in use from now on. */
  taken({ link }: Route): void {
    if (this.#options.asker.ways()[0]?.link === link) this.#retryMs = FIRST_RETRY_MS;
    else this.#reviewLater();
  }

  /** Nothing is to be asked any more. */
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

import { type Clock, type Outcome, refused, type Timer } from "@qumo/shared/runtime";
import type { Refusal } from "../track/mod.ts";
import type { Asker } from "./asker.ts";
import type { Leg } from "./leg.ts";
import { NOT_WANTED } from "./refusals.ts";

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

/** What a {@linkcode Search} works with. */
export interface SearchOptions {
  readonly asker: Asker;
  readonly clock: Clock;
  /** When the search ends without a result, in the clock's milliseconds. */
  readonly deadline: number;
  /** Whether a refusal may be temporary. */
  readonly isPassing: (refusal: Refusal) => boolean;
  /** Every route was tried in vain, for the first time (0) or again. */
  readonly onFailure: (round: number) => void;
}

/**
 * Searches for a route that delivers a track: tries one neighbor after the other, and all again
 * whenever something changed, until one accepts or the deadline has passed.
 */
export class Search {
  /** The leg whose neighbor accepted; never rejects. */
  readonly outcome: Promise<Outcome<Leg, Refusal>>;
  readonly #options: SearchOptions;
  #asked: Leg | undefined;
  #retryMs = FIRST_RETRY_MS;
  #isWoken = false;
  #wake: (() => void) | undefined;
  #isCancelled = false;
  /** Whether a neighbor that is not the source itself had not heard of the track. */
  #isUnheardOf = false;

  constructor(options: SearchOptions) {
    this.#options = options;
    this.outcome = this.#run();
  }

  /** Links or routes have changed: tries the routes again. */
  wake(): void {
    this.#retryMs = FIRST_RETRY_MS;
    this.#isWoken = true;
    this.#wake?.();
  }

  /** Cancels the search. */
  cancel(): void {
    this.#isCancelled = true;
    this.#asked?.cancel();
    this.#wake?.();
  }

  async #run(): Promise<Outcome<Leg, Refusal>> {
    const { clock, deadline, isPassing, onFailure } = this.#options;
    const spread = clock.now() + SPREAD_MS;
    for (let round = 0;; round++) {
      this.#isWoken = this.#isUnheardOf = false;
      const outcome = await this.#tryAll();
      if (outcome.ok || this.#isCancelled) return outcome;
      onFailure(round);
      const isEarly = this.#isUnheardOf && clock.now() < spread;
      if (clock.now() >= deadline || !isEarly && !isPassing(outcome.refusal)) return outcome;
      await this.#change();
      if (this.#isCancelled) return refused(NOT_WANTED);
    }
  }

  async #tryAll(): Promise<Outcome<Leg, Refusal>> {
    const { asker } = this.#options;
    const tried = new Set<unknown>();
    let refusal = asker.noRoute;
    for (;;) {
      const route = asker.routes().find(({ link }) => !tried.has(link));
      if (route === undefined) return refused(refusal);
      tried.add(route.link);
      const leg = this.#asked = asker.begin(route);
      if (leg === undefined) continue;
      const outcome = await leg.answer(asker);
      this.#asked = undefined;
      if (this.#isCancelled) {
        leg.cancel();
        return refused(NOT_WANTED);
      }
      if (outcome.ok) return outcome;
      refusal = outcome.refusal;
      const isSource = route.link.name === route.source;
      if (refusal.kind === "does_not_exist" && !isSource) this.#isUnheardOf = true;
    }
  }

  /** Resolves when something changed, or when it is time to try again. */
  #change(): Promise<void> {
    if (this.#isWoken) return Promise.resolve();
    const { clock, deadline } = this.#options;
    const wait = Math.min(deadline - clock.now(), this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS);
    return new Promise((resolve) => {
      const timer: Timer = clock.after(wait, () => this.#wake?.());
      this.#wake = () => {
        timer.cancel();
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

import { type Clock, type Outcome, refused, type Timer } from "@qumo/shared/runtime";
import type { Refusal } from "../track/mod.ts";
import type { Asker } from "./asker.ts";
import type { Leg } from "./leg.ts";
import { NOT_WANTED } from "./refusals.ts";

/** How long to wait before the ways are tried again that have just refused, when nothing is heard. */
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 2_000;

/**
 * How long after a search began a relay on the way may say that nobody publishes the track because it
 * has not heard of it yet: not every relay hears of a name in the same moment.
 */
const SPREAD_MS = 600;

/** What a {@linkcode Search} works with. */
export interface SearchOptions {
  readonly asker: Asker;
  readonly clock: Clock;
  /** When to give up, in the clock's milliseconds. */
  readonly deadline: number;
  /** Whether it may be otherwise later. */
  readonly isPassing: (refusal: Refusal) => boolean;
  /** Every way was tried in vain, for the first time (0) or again. */
  readonly onFailure: (round: number) => void;
}

/**
 * Looks for a way by which a track comes: asks one neighbor after the other, and all of them again
 * whenever something changed, until one agrees or it is too late.
 */
export class Search {
  /** The leg that agreed; never rejects. */
  readonly outcome: Promise<Outcome<Leg, Refusal>>;
  readonly #options: SearchOptions;
  #asked: Leg | undefined;
  #retryMs = FIRST_RETRY_MS;
  #isWoken = false;
  #wake: (() => void) | undefined;
  #isCancelled = false;
  /** Whether a neighbor knew of nobody who is not the source itself. */
  #isUnheardOf = false;

  constructor(options: SearchOptions) {
    this.#options = options;
    this.outcome = this.#run();
  }

  /** Links or routes are different: the ways are tried again. */
  wake(): void {
    this.#retryMs = FIRST_RETRY_MS;
    this.#isWoken = true;
    this.#wake?.();
  }

  /** Nobody wants the track any more. */
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
    let refusal = asker.noWay;
    for (;;) {
      const route = asker.ways().find(({ link }) => !tried.has(link));
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

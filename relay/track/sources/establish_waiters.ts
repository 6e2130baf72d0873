import { type Outcome, refused } from "@qumo/shared/runtime";
import type { Refusal } from "../errors.ts";

/** Requests that wait until one publisher accepts a subscription, or all have refused. */
export class EstablishWaiters {
  readonly #waiting: ((outcome: Outcome<void, Refusal>) => void)[] = [];
  #refusal: Refusal | undefined;

  /** Resolves with the next outcome; never rejects. */
  wait(): Promise<Outcome<void, Refusal>> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** A publisher refused. If it was the last, all waiting requests get the first refusal. */
  refuse(refusal: Refusal, isLast: boolean): void {
    this.#refusal ??= refusal;
    if (isLast) this.settle(refused(this.#refusal));
  }

  /** Resolves all waiting requests. */
  settle(outcome: Outcome<void, Refusal>): void {
    this.#refusal = undefined;
    for (const resolve of this.#waiting.splice(0)) resolve(outcome);
  }
}

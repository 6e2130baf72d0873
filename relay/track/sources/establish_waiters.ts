import { type Outcome, refused } from "@qumo/shared/runtime";
import type { Refusal } from "../errors.ts";

/** Those who wait until a publisher agrees to deliver a track, or every one that was asked has refused. */
export class EstablishWaiters {
  readonly #waiting: ((outcome: Outcome<void, Refusal>) => void)[] = [];
  #refusal: Refusal | undefined;

  /** Resolves with what they are told next; never rejects. */
  wait(): Promise<Outcome<void, Refusal>> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** A publisher refused. When it was the last, they are told the refusal that came first. */
  refuse(refusal: Refusal, isLast: boolean): void {
    this.#refusal ??= refusal;
    if (isLast) this.settle(refused(this.#refusal));
  }

  /** Tells everybody who waits. */
  settle(outcome: Outcome<void, Refusal>): void {
    this.#refusal = undefined;
    for (const resolve of this.#waiting.splice(0)) resolve(outcome);
  }
}

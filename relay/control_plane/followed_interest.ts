import type { Clock } from "@qumo/shared/runtime";
import type { Interest } from "@qumo/shared/topology";
import { LOOKUP_MS } from "./limits.ts";

/** One interest of this relay, and the requests that wait until it is known what it is about. */
export class FollowedInterest {
  readonly interest: Interest;
  /** Requests and tracks that use it now. */
  holds = 0;
  /** When it was used last. */
  usedAt: number;
  /** Whether the mirror has what it is about. */
  isKnown: boolean;
  /** The number of the change that told it to the controller; 0 for the opening of a stream. */
  told: number | undefined;
  readonly #clock: Clock;
  #knowing: { readonly promise: Promise<void>; readonly over: () => void } | undefined;

  constructor(interest: Interest, clock: Clock, isKnown: boolean) {
    this.interest = interest;
    this.#clock = clock;
    this.isKnown = isKnown;
    this.usedAt = clock.now();
  }

  /** One wait for all who ask for the same; `onLate` is called when it takes too long. */
  knowing(onLate: () => void): Promise<void> {
    if (this.#knowing !== undefined) return this.#knowing.promise;
    const { promise, resolve } = Promise.withResolvers<void>();
    const over = () => {
      timer.cancel();
      this.#knowing = undefined;
      resolve();
    };
    const timer = this.#clock.after(LOOKUP_MS, () => {
      onLate();
      over();
    });
    this.#knowing = { promise, over };
    return promise;
  }

  /** Those who wait go on. */
  wake(): void {
    this.#knowing?.over();
  }
}

import type { Clock } from "@qumo/shared/runtime";
import { MESSAGE_COST_BYTES, PACE_BURST_MS } from "./limits.ts";

/** How fast an encoder is read: bytes a second, where every message counts for some more. */
export class Pace {
  readonly #clock: Clock;
  readonly #rate: number;
  readonly #burst: number;
  #left: number;
  #filledAt: number;

  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock;
    this.#rate = bytesPerSecond / 1_000;
    this.#burst = this.#rate * PACE_BURST_MS;
    this.#left = this.#burst;
    this.#filledAt = clock.now();
  }

  /** Notes what was read; returns for how many milliseconds no more is read. */
  took(bytes: number, messages: number): number {
    const now = this.#clock.now();
    const filled = this.#left + (now - this.#filledAt) * this.#rate;
    this.#filledAt = now;
    this.#left = Math.min(this.#burst, filled) - bytes - messages * MESSAGE_COST_BYTES;
    return this.#left >= 0 ? 0 : -this.#left / this.#rate;
  }
}

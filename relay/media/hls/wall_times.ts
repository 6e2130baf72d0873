import type { Clock } from "@qumo/shared/runtime";
import { MAX_WALL_DRIFT_MS } from "../limits.ts";

/** When the frames of a broadcast were made, as far as their arrival tells: the same for all its tracks. */
export class WallTimes {
  readonly #clock: Clock;
  // In milliseconds since 1970.
  #zero: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A frame of this time came, in microseconds. */
  note(microseconds: number): void {
    const zero = this.#clock.wall() - microseconds / 1000;
    const drift = Math.abs(zero - (this.#zero ?? Infinity));
    // Of a publisher that began again, or whose clock was set.
    if (drift > MAX_WALL_DRIFT_MS) this.#zero = zero;
  }

  /** Milliseconds since 1970. */
  of(microseconds: number): number {
    return (this.#zero ?? this.#clock.wall()) + microseconds / 1000;
  }
}

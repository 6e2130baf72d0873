import type { Clock } from "@qumo/shared/runtime";
import type { Track } from "../track/mod.ts";

/** Measures for how long nothing came of a track whose way was lost. */
export class Outage {
  readonly #clock: Clock;
  readonly #track: Track;
  readonly #longestSilence: number;
  #since: number | undefined;

  /** `longestSilence` is how long a way can be lost before anybody notices, in milliseconds. */
  constructor(clock: Clock, track: Track, longestSilence: number) {
    this.#clock = clock;
    this.#track = track;
    this.#longestSilence = longestSilence;
  }

  /** The way is lost. */
  begin(): void {
    this.#since ??= this.#clock.now();
  }

  /** Objects come again: how long none came, in milliseconds; undefined when they had not stopped. */
  end(): number | undefined {
    if (this.#since === undefined) return undefined;
    // A track on which little happens was not interrupted for as long as nothing happened.
    const earliest = this.#since - this.#longestSilence;
    this.#since = undefined;
    return this.#clock.now() - Math.max(this.#track.lastArrival ?? earliest, earliest);
  }
}

import type { Clock } from "@qumo/shared/runtime";
import type { Track } from "../track/mod.ts";

/** Settings of {@linkcode Outage}. */
export interface OutageOptions {
  /** The longest time for which a lost link goes unnoticed, in milliseconds. */
  readonly longestSilenceMs: number;
  /** Called with the length of the outage, in milliseconds. */
  readonly onOver: (milliseconds: number) => void;
}

/** Measures the failover gap: for how long no objects of a track came when its path broke. */
export class Outage {
  readonly #clock: Clock;
  readonly #track: Track;
  readonly #options: OutageOptions;
  #since: number | undefined;

  constructor(clock: Clock, track: Track, options: OutageOptions) {
    this.#clock = clock;
    this.#track = track;
    this.#options = options;
  }

  /** The path broke. */
  begin(): void {
    this.#since ??= this.#clock.now();
  }

  /** Objects arrive; ends the outage, if there was one. */
  end(): void {
    if (this.#since === undefined) return;
    const { longestSilenceMs, onOver } = this.#options;
    // On a quiet track the time before the break is not part of the gap.
    const earliest = this.#since - longestSilenceMs;
    this.#since = undefined;
    onOver(this.#clock.now() - Math.max(this.#track.lastArrival ?? earliest, earliest));
  }
}

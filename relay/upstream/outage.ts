import type { Clock } from "@qumo/shared/runtime";
import type { Track } from "../track/mod.ts";

/** Settings of {@linkcode Outage}. */
export interface OutageOptions {
  /** How long a way can be lost before anybody notices. */
  readonly longestSilenceMs: number;
  /** Told how long nothing came, in milliseconds. */
  readonly onOver: (milliseconds: number) => void;
}

/** Measures for how long nothing came of a track whose way was lost. */
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

  /** The way is lost. */
  begin(): void {
    this.#since ??= this.#clock.now();
  }

  /** Objects come again, if they had stopped. */
  end(): void {
    if (this.#since === undefined) return;
    const { longestSilenceMs, onOver } = this.#options;
    // A track on which little happens was not interrupted for as long as nothing happened.
    const earliest = this.#since - longestSilenceMs;
    this.#since = undefined;
    onOver(this.#clock.now() - Math.max(this.#track.lastArrival ?? earliest, earliest));
  }
}

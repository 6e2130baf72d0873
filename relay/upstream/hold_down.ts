/** The longest time for which a link is held, in milliseconds. */
const MAX_HOLD_MS = 30_000;

/** A link that was up for this many times its hold time has stopped flapping. */
const STEADY_FACTOR = 10;

/**
 * How long a link that comes back is held, so that tracks with another route do not use it: not at
 * all the first time, then twice as long each time that it fails again soon. Time is an argument.
 */
export class HoldDown {
  readonly #first: number;
  #hold = 0;
  #upSince: number | undefined;

  constructor(first: number) {
    this.#first = first;
  }

  /** Milliseconds that the link must answer before it is up. */
  get milliseconds(): number {
    return this.#hold;
  }

  /** The link is up. */
  up(now: number): void {
    this.#upSince ??= now;
  }

  /** The link went down. Changes nothing if it never was up. */
  down(now: number): void {
    if (this.#upSince === undefined) return;
    const wasSteady = now - this.#upSince >= STEADY_FACTOR * Math.max(this.#hold, this.#first);
    this.#upSince = undefined;
    this.#hold = wasSteady || this.#hold === 0
      ? this.#first
      : Math.min(this.#hold * 2, MAX_HOLD_MS);
  }
}

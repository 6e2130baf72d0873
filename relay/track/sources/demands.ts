import type { Clock, Timer } from "@qumo/shared/runtime";

/** A subscriber's demand for a track, which is delivered as long as there is one. */
export interface Demand {
  /** Sets whether the subscriber wants objects now. */
  setForward(forward: boolean): void;
  release(): void;
}

/** Settings of {@linkcode Demands}. */
export interface DemandsOptions {
  readonly clock: Clock;
  /** How long the track is still delivered after its last subscriber left, in milliseconds. */
  readonly linger: number;
  /** {@linkcode Demands.forward} may have changed. */
  readonly onChange: () => void;
  /** The linger time has passed without a subscriber. */
  readonly onNone: () => void;
}

/** The demands of one track's subscribers. */
export class Demands {
  readonly #options: DemandsOptions;
  readonly #demands = new Map<Demand, boolean>();
  #lingering: Timer | undefined;
  #isOver = false;

  constructor(options: DemandsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#demands.size;
  }

  /** Whether a subscriber wants objects now. */
  get forward(): boolean {
    for (const forward of this.#demands.values()) if (forward) return true;
    return false;
  }

  /** Adds a subscriber. */
  hold(forward: boolean): Demand {
    const demand: Demand = {
      setForward: (forward) => {
        if (!this.#demands.has(demand) || this.#demands.get(demand) === forward) return;
        this.#demands.set(demand, forward);
        this.#options.onChange();
      },
      release: () => {
        if (this.#demands.delete(demand)) this.#released();
      },
    };
    this.#demands.set(demand, forward);
    const wasLingering = this.#lingering !== undefined;
    this.#stopLingering();
    // A paused subscriber changes nothing for the others.
    if (forward || wasLingering) this.#options.onChange();
    return demand;
  }

  /** The track has ended: stops the linger time. */
  stop(): void {
    this.#isOver = true;
    this.#stopLingering();
  }

  #released(): void {
    const { clock, linger, onChange, onNone } = this.#options;
    if (this.#demands.size > 0) return onChange();
    if (this.#isOver) return;
    this.#lingering ??= clock.after(linger, () => {
      this.#lingering = undefined;
      onNone();
    });
  }

  #stopLingering(): void {
    this.#lingering?.cancel();
    this.#lingering = undefined;
  }
}

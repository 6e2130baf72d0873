import type { Clock, Timer } from "@qumo/shared/runtime";

/** A subscriber's hold on a track: as long as there is one, the track is kept flowing. */
export interface Demand {
  /** Whether the subscriber wants objects now, or only to be ready for them. */
  setForward(forward: boolean): void;
  release(): void;
}

/** Settings of {@linkcode Demands}. */
export interface DemandsOptions {
  readonly clock: Clock;
  /** Milliseconds that a track is kept flowing after the last subscriber left. */
  readonly linger: number;
  /** Whether objects are wanted may be different. */
  readonly onChange: () => void;
  /** Nobody has come for as long as the track lingers. */
  readonly onNone: () => void;
}

/** The subscribers that hold one track. */
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

  /** Whether objects are wanted now. */
  get forward(): boolean {
    for (const forward of this.#demands.values()) if (forward) return true;
    return false;
  }

  /** A subscriber came. */
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
    // One that wants nothing now changes nothing for those who are here.
    if (forward || wasLingering) this.#options.onChange();
    return demand;
  }

  /** The track is over: it lingers no more. */
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

/** Lets a number of callers in at once, and lets some wait. */
export class Turns {
  readonly #limits: { readonly atOnce: number; readonly waiting: number };
  readonly #waiting: (() => void)[] = [];
  #active = 0;

  constructor(limits: { readonly atOnce: number; readonly waiting: number }) {
    this.#limits = limits;
  }

  /** Runs `act` when it is its turn; undefined when too many wait already. */
  async run<T>(act: () => Promise<T>): Promise<T | undefined> {
    const { atOnce, waiting } = this.#limits;
    if (this.#active < atOnce) this.#active++;
    else if (this.#waiting.length >= waiting) return undefined;
    else await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    try {
      return await act();
    } finally {
      // Whoever waits takes the place that becomes free.
      const next = this.#waiting.shift();
      if (next === undefined) this.#active--;
      else next();
    }
  }
}

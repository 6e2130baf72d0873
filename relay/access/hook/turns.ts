/** How many callers there may be. */
export interface TurnLimits {
  /** Those that are in. */
  readonly atOnce: number;
  /** Those that wait, of all keys. */
  readonly waiting: number;
  readonly waitingPerKey: number;
}

/**
 * Lets a number of callers in at once, and lets some wait. Those of different keys come in turns, so that
 * who has many waiting does not delay who has one.
 */
export class Turns {
  readonly #limits: TurnLimits;
  // By key, whose turn is next first.
  readonly #waiting = new Map<string, (() => void)[]>();
  #waitingCount = 0;
  #active = 0;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /** Runs `act` when it is its turn; undefined when too many wait already. */
  async run<T>(key: string, act: () => Promise<T>): Promise<T | undefined> {
    if (this.#active < this.#limits.atOnce) this.#active++;
    else {
      const turn = this.#wait(key);
      if (turn === undefined) return undefined;
      await turn;
    }
    try {
      return await act();
    } finally {
      // Whoever waits takes the place that becomes free.
      const next = this.#next();
      if (next === undefined) this.#active--;
      else next();
    }
  }

  #wait(key: string): Promise<void> | undefined {
    const { waiting, waitingPerKey } = this.#limits;
    const own = this.#waiting.get(key) ?? [];
    if (this.#waitingCount >= waiting || own.length >= waitingPerKey) return undefined;
    this.#waiting.set(key, own);
    this.#waitingCount++;
    return new Promise((resolve) => void own.push(resolve));
  }

  #next(): (() => void) | undefined {
    for (const [key, own] of this.#waiting) {
      const next = own.shift();
      this.#waitingCount--;
      this.#waiting.delete(key);
      if (own.length > 0) this.#waiting.set(key, own);
      return next;
    }
    return undefined;
  }
}

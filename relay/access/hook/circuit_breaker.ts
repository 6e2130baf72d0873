/** When a breaker opens, and for how long. */
export interface BreakerSettings {
  /** How many different ones must fail in a row. */
  readonly failures: number;
  /** Milliseconds until some try again. */
  readonly pauseMs: number;
}

/**
 * Keeps from asking who fails. One who asks may bring failures about that nobody else has, so that
 * different ones must have failed, with no success in between: then nobody is let through for a while,
 * then a few that are different too, one success of whom ends it. Time is what it is given.
 */
export class CircuitBreaker {
  readonly #settings: BreakerSettings;
  readonly #failed = new Set<string>();
  // Who tried while it is open, and when.
  readonly #tries = new Map<string, number>();
  #openedAt: number | undefined;

  constructor(settings: BreakerSettings) {
    this.#settings = settings;
  }

  /** Whether nobody is let through but for tries. */
  get isOpen(): boolean {
    return this.#openedAt !== undefined;
  }

  /** Whether this one may ask now, who then says how it went. */
  enter(who: string, now: number): boolean {
    if (this.#openedAt === undefined) return true;
    const { failures, pauseMs } = this.#settings;
    if (now - this.#openedAt < pauseMs) return false;
    for (const [one, at] of this.#tries) {
      if (now - at >= pauseMs) this.#tries.delete(one);
    }
    if (this.#tries.has(who) || this.#tries.size >= failures) return false;
    this.#tries.set(who, now);
    return true;
  }

  /** It went well; true when the breaker was open. */
  succeed(): boolean {
    const wasOpen = this.isOpen;
    this.#openedAt = undefined;
    this.#failed.clear();
    this.#tries.clear();
    return wasOpen;
  }

  /** It failed for this one; true when the breaker opens by that. */
  fail(who: string, now: number): boolean {
    if (this.isOpen) return false;
    this.#failed.add(who);
    if (this.#failed.size < this.#settings.failures) return false;
    this.#openedAt = now;
    return true;
  }
}

/** When a breaker opens, and for how long. */
export interface BreakerSettings {
  /** Failures in a row. */
  readonly failures: number;
  /** Milliseconds until one more try. */
  readonly pauseMs: number;
}

/**
 * Keeps from asking who fails: after some failures in a row nobody is let through for a while, then
 * one, whose luck decides. Time is what it is given.
 */
export class CircuitBreaker {
  readonly #settings: BreakerSettings;
  #failed = 0;
  #openedAt = -Infinity;
  #isTrying = false;

  constructor(settings: BreakerSettings) {
    this.#settings = settings;
  }

  /** Whether nobody is let through but for tries. */
  get isOpen(): boolean {
    return this.#failed >= this.#settings.failures;
  }

  /** Whether one may ask now, who then says how it went. */
  enter(now: number): boolean {
    if (!this.isOpen) return true;
    if (this.#isTrying || now - this.#openedAt < this.#settings.pauseMs) return false;
    return this.#isTrying = true;
  }

  /** It went well; true when the breaker was open. */
  succeed(): boolean {
    const wasOpen = this.isOpen;
    this.#failed = 0;
    this.#isTrying = false;
    return wasOpen;
  }

  /** It failed; true when the breaker opens by that. */
  fail(now: number): boolean {
    const wasOpen = this.isOpen;
    this.#failed++;
    // What was asked before the breaker opened and fails later prolongs nothing.
    if (!wasOpen || this.#isTrying) this.#openedAt = now;
    this.#isTrying = false;
    return !wasOpen && this.isOpen;
  }
}

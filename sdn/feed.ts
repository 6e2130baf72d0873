/**
 * The newest batches, in order, for everybody who follows. Each is kept once; followers have their
 * own place, and whoever is too slow finds that its place is gone.
 */
export class Feed<T extends { readonly revision: number }> {
  readonly #limit: number;
  #entries: T[] = [];
  #revision: number;
  #waiting = new Set<() => void>();
  #closed = false;

  /** Begins after `revision` and keeps the newest `limit` entries, or somewhat more. */
  constructor(revision: number, limit: number) {
    this.#revision = revision;
    this.#limit = limit;
  }

  /** The revision of the newest entry. */
  get revision(): number {
    return this.#revision;
  }

  /** Whether the feed has ended: followers should leave. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Adds the entry that follows the newest one. */
  push(entry: T): void {
    if (entry.revision !== this.#revision + 1) {
      throw new Error(`Cannot publish revision ${entry.revision} after ${this.#revision}`);
    }
    this.#revision = entry.revision;
    this.#entries.push(entry);
    // Cutting in halves costs one copy for many entries instead of one for each.
    if (this.#entries.length >= 2 * this.#limit) this.#entries = this.#entries.slice(-this.#limit);
    this.#wake();
  }

  /** The entries after a revision; `undefined` when some are gone, or it has not been reached. */
  after(revision: number): readonly T[] | undefined {
    const missing = this.#revision - revision;
    if (missing < 0 || missing > this.#entries.length) return undefined;
    return this.#entries.slice(this.#entries.length - missing);
  }

  /** Resolves when something came after `revision`, the feed has ended, or `signal` is aborted. */
  async beyond(revision: number, signal: AbortSignal): Promise<void> {
    while (this.#revision <= revision && !this.#closed && !signal.aborted) {
      await this.#next(signal);
    }
  }

  /** Ends the feed and wakes everybody who waits. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  #next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.delete(wake);
        wake();
      };
      signal.addEventListener("abort", leave);
      this.#waiting.add(wake);
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const wake of waiting) wake();
  }
}

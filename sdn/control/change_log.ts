/** The events of one step, serialized once for all watchers. */
export interface ChangeEntry {
  readonly revision: number;
  /** The memory that the entry takes, in bytes. */
  readonly bytes: number;
  readonly events: readonly ChangeEvent[];
}

/** One event of a step, and the watchers that receive it. */
export interface ChangeEvent extends EventText {
  readonly scopes: readonly ("graph" | "announces" | "flows")[];
}

/** A serialized event without its target. */
export interface EventText {
  readonly event: string;
  readonly data: string;
}

/** The capacity of a change log, in entries and in bytes. The newest entry is always kept. */
export interface ChangeLogLimits {
  readonly entries: number;
  readonly bytes: number;
}

/**
 * The newest changes in order, shared by all watchers. Each watcher has a cursor of its own; a
 * watcher that is too slow finds that its cursor has been evicted. A waiting watcher holds no
 * entry, so evicted entries are freed at once.
 */
export class ChangeLog {
  readonly #limits: ChangeLogLimits;
  /** Index of the oldest entry that is kept; those before it were evicted. */
  #first = 0;
  #entries: (ChangeEntry | undefined)[] = [];
  #bytes = 0;
  #revision: number;
  #waiting = new Set<() => void>();
  #closed = false;

  /** Starts empty after `revision`. */
  constructor(revision: number, limits: ChangeLogLimits) {
    this.#revision = revision;
    this.#limits = limits;
  }

  /** The revision of the newest entry. */
  get revision(): number {
    return this.#revision;
  }

  /** The memory that the kept entries take, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the log is closed; watchers end then. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Appends the entry of the next revision. */
  push(entry: ChangeEntry): void {
    if (entry.revision !== this.#revision + 1) {
      throw new Error(`Cannot publish revision ${entry.revision} after ${this.#revision}`);
    }
    this.#revision = entry.revision;
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
    while (
      this.#size > 1 && (this.#size > this.#limits.entries || this.#bytes > this.#limits.bytes)
    ) {
      this.#bytes -= this.#entries[this.#first]!.bytes;
      this.#entries[this.#first++] = undefined;
    }
    // Compacts when half of the array is evicted: one copy for many entries.
    if (2 * this.#first > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
    this.#wake();
  }

  /** Whether every entry after `revision` is still kept. */
  reaches(revision: number): boolean {
    const missing = this.#revision - revision;
    return missing >= 0 && missing <= this.#size;
  }

  /** The entry of a revision, or undefined when it was evicted. */
  at(revision: number): ChangeEntry | undefined {
    const behind = this.#revision - revision;
    return behind < 0 || behind >= this.#size
      ? undefined
      : this.#entries[this.#entries.length - 1 - behind];
  }

  /**
   * Resolves when there is an entry after `revision`, the log is closed, or `signal` is aborted.
   */
  async beyond(revision: number, signal: AbortSignal): Promise<void> {
    while (this.#revision <= revision && !this.#closed && !signal.aborted) {
      await this.#next(signal);
    }
  }

  /** Closes the log and wakes all waiting watchers. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  get #size(): number {
    return this.#entries.length - this.#first;
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

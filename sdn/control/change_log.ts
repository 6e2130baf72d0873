/** What one step says to watchers, written once for all of them. */
export interface ChangeEntry {
  readonly revision: number;
  /** What it costs to keep, in bytes. */
  readonly bytes: number;
  readonly events: readonly ChangeEvent[];
}

/** An event of a step, and who is told of it. */
export interface ChangeEvent extends EventText {
  readonly scopes: readonly ("graph" | "announces" | "flows")[];
}

/** An event without its place. */
export interface EventText {
  readonly event: string;
  readonly data: string;
}

/** How much a change log keeps: so many entries, and so many bytes. The newest entry is always kept. */
export interface ChangeLogLimits {
  readonly entries: number;
  readonly bytes: number;
}

/**
 * The newest changes, in order, for everybody who follows. Each is kept once; followers have their
 * own place, and whoever is too slow finds that its place is gone. Followers hold no entry while
 * they wait, so that what is let go is free.
 */
export class ChangeLog {
  readonly #limits: ChangeLogLimits;
  /** From here on they are kept; those before were let go. */
  #first = 0;
  #entries: (ChangeEntry | undefined)[] = [];
  #bytes = 0;
  #revision: number;
  #waiting = new Set<() => void>();
  #closed = false;

  /** Begins after `revision`. */
  constructor(revision: number, limits: ChangeLogLimits) {
    this.#revision = revision;
    this.#limits = limits;
  }

  /** The revision of the newest entry. */
  get revision(): number {
    return this.#revision;
  }

  /** What it keeps now, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the log has ended: followers should leave. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Adds the entry that follows the newest one. */
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
    // Cutting in halves costs one copy for many entries instead of one for each.
    if (2 * this.#first > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
    this.#wake();
  }

  /** Whether everything after a revision is still kept. */
  reaches(revision: number): boolean {
    const missing = this.#revision - revision;
    return missing >= 0 && missing <= this.#size;
  }

  /** The entry of a revision, if it is kept. */
  at(revision: number): ChangeEntry | undefined {
    const behind = this.#revision - revision;
    return behind < 0 || behind >= this.#size
      ? undefined
      : this.#entries[this.#entries.length - 1 - behind];
  }

  /** Resolves when something came after `revision`, the log has ended, or `signal` is aborted. */
  async beyond(revision: number, signal: AbortSignal): Promise<void> {
    while (this.#revision <= revision && !this.#closed && !signal.aborted) {
      await this.#next(signal);
    }
  }

  /** Ends the log and wakes everybody who waits. */
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

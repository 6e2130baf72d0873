import { BATCH_LENGTH } from "./limits.ts";
import type { WatchEvent, WatchScope } from "./use_cases.ts";
import type { Wakeups } from "./wakeups.ts";

/** The events of one step, serialized once for all watchers. */
export interface ChangeEntry {
  readonly revision: number;
  /** The memory that the entry takes, in bytes. */
  readonly bytes: number;
  readonly events: readonly ChangeEvent[];
}

/** One event of a step, and the watchers that receive it. */
export interface ChangeEvent extends WatchEvent {
  readonly scopes: readonly ("graph" | "announces" | "flows" | "access")[];
  /** The announces that it is about; absent for one that is about something else. */
  readonly announces?: readonly string[];
}

/** The capacity of a change log, in entries and in bytes. The newest entry is always kept. */
export interface ChangeLogLimits {
  readonly entries: number;
  readonly bytes: number;
}

/** How far a watcher has read. */
export interface LogPlace {
  /** The revision that was read as a whole. */
  readonly revision: number;
  /** Events of the next one that were read. */
  readonly events: number;
}

/** One event of the log: the revision of its entry and its number therein. */
export interface EventPlace {
  readonly revision: number;
  readonly number: number;
}

/** Some events of the log, and the place after them. */
export interface LogBatch {
  readonly place: LogPlace;
  readonly events: readonly WatchEvent[];
}

/**
 * The newest changes in order, shared by all watchers. Each watcher has a place of its own; a
 * watcher that is too slow finds that its place has been evicted. A waiting watcher holds no
 * entry, so evicted entries are freed at once.
 */
export class ChangeLog {
  readonly #limits: ChangeLogLimits;
  readonly #wakeups: Wakeups;
  /** Index of the oldest entry that is kept; those before it were evicted. */
  #first = 0;
  #entries: (ChangeEntry | undefined)[] = [];
  #bytes = 0;
  #revision: number;
  #closed = false;
  /** What was read since the newest entry: watchers at one place are given the same list. */
  readonly #read = new Map<string, LogBatch>();
  /** As `#read`, for lists of events that were picked. */
  readonly #picked = new Map<string, readonly WatchEvent[]>();

  /** Starts empty after `revision`; rings `wakeups` with each entry. */
  constructor(revision: number, limits: ChangeLogLimits, wakeups: Wakeups) {
    this.#revision = revision;
    this.#limits = limits;
    this.#wakeups = wakeups;
  }

  /** Starts with the entries of an earlier process, which end at `revision`. */
  static of(
    entries: readonly ChangeEntry[],
    revision: number,
    { limits, wakeups }: { limits: ChangeLogLimits; wakeups: Wakeups },
  ): ChangeLog {
    const log = new ChangeLog(revision - entries.length, limits, wakeups);
    for (const entry of entries) log.push(entry);
    return log;
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
    this.#read.clear();
    this.#picked.clear();
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
    this.#wakeups.ring();
  }

  /** Whether every entry after `revision` is still kept. */
  reaches(revision: number): boolean {
    const missing = this.#revision - revision;
    return missing >= 0 && missing <= this.#size;
  }

  /**
   * The next events of a scope, up to the length of one write, or of one event; undefined when some
   * were evicted. Watchers that read from the same place share the list.
   */
  after(place: LogPlace, scope: WatchScope): LogBatch | undefined {
    const { graph, announces, flows } = scope;
    const key = `${place.revision} ${place.events} ${graph} ${announces} ${flows}`;
    const known = this.#read.get(key);
    if (known !== undefined || !this.reaches(place.revision)) return known;
    const batch = this.#readFrom(place, scope);
    this.#read.set(key, batch);
    return batch;
  }

  /** The events after a revision that the log reaches, with the place of each. */
  *eventsAfter(revision: number): Generator<[EventPlace, ChangeEvent]> {
    for (let at = revision + 1; at <= this.#revision; at++) {
      for (const [number, event] of this.#entryOf(at)!.events.entries()) {
        yield [{ revision: at, number }, event];
      }
    }
  }

  /**
   * The first of these events, up to the length of one write, or one; undefined when it was evicted.
   * Watchers to whom the same are told share the list.
   */
  pick(places: Iterable<EventPlace>): readonly WatchEvent[] | undefined {
    const events: WatchEvent[] = [];
    let [length, key] = [0, ""];
    for (const { revision, number } of places) {
      const event = this.#entryOf(revision)?.events[number];
      if (event === undefined) return undefined;
      if (length > 0 && length + event.data.length > BATCH_LENGTH) break;
      length += event.data.length;
      key += `${revision}.${number} `;
      events.push(event);
    }
    const known = this.#picked.get(key);
    if (known === undefined) this.#picked.set(key, events);
    return known ?? events;
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
    this.#wakeups.close();
  }

  get #size(): number {
    return this.#entries.length - this.#first;
  }

  /** The entry of a revision; undefined when it was evicted. */
  #entryOf(revision: number): ChangeEntry | undefined {
    return this.#entries[this.#entries.length - 1 - (this.#revision - revision)];
  }

  #readFrom(place: LogPlace, scope: WatchScope): LogBatch {
    const events: WatchEvent[] = [];
    let [length, at] = [0, place.events];
    let revision = place.revision;
    for (; revision < this.#revision; revision++, at = 0) {
      const entry = this.#entryOf(revision + 1)!;
      for (; at < entry.events.length; at++) {
        const event = entry.events[at]!;
        if (!event.scopes.some((one) => scope[one])) continue;
        if (length > 0 && length + event.data.length > BATCH_LENGTH) {
          return { place: { revision, events: at }, events };
        }
        length += event.data.length;
        events.push(event);
      }
    }
    return { place: { revision, events: 0 }, events };
  }

  #next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        this.#wakeups.leave(wake);
        wake();
      };
      signal.addEventListener("abort", leave);
      this.#wakeups.wait(wake);
    });
  }
}

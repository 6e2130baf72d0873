import { StoreConflict } from "./types.ts";

interface Line {
  tail: Promise<void>;
  waiting: number;
  generation: number;
}

/** What happens around the writes of a relay. */
export interface LineEvents {
  /** A write was not kept: nothing that was built on it will be. */
  readonly onLost: (relay: string) => void;
  /** No write of the relay is left. */
  readonly onIdle: (relay: string) => void;
}

/**
 * Writes, one after the other for each relay and side by side for different ones. When one fails,
 * those behind it fail too, since they were made on the ground of what it would have changed.
 */
export class EtcdLines {
  readonly #lines = new Map<string, Line>();
  readonly #limit: number;
  readonly #events: LineEvents;
  readonly #queue: (() => void)[] = [];
  #running = 0;

  /** Lets up to `limit` writes run at once. */
  constructor(limit: number, events: LineEvents) {
    this.#limit = limit;
    this.#events = events;
  }

  /** Whether writes of the relay wait or run. */
  isBusy(relay: string): boolean {
    return this.#lines.has(relay);
  }

  /** Does `write` when it is its turn. */
  enqueue(relay: string, write: () => Promise<void>): Promise<void> {
    const line = this.#lines.get(relay) ?? { tail: Promise.resolve(), waiting: 0, generation: 0 };
    this.#lines.set(relay, line);
    const { generation } = line;
    line.waiting++;
    const run = line.tail.then(async () => {
      try {
        if (line.generation !== generation) throw new StoreConflict(relay);
        await this.#admitted(write);
      } catch (error) {
        if (line.generation === generation) {
          line.generation++;
          this.#events.onLost(relay);
        }
        throw error;
      } finally {
        if (--line.waiting === 0) {
          this.#lines.delete(relay);
          this.#events.onIdle(relay);
        }
      }
    });
    line.tail = run.catch(() => {});
    return run;
  }

  /** Resolves when nothing waits or runs. */
  async settled(): Promise<void> {
    while (this.#lines.size > 0) await Promise.all([...this.#lines.values()].map((l) => l.tail));
  }

  async #admitted(write: () => Promise<void>): Promise<void> {
    if (this.#running >= this.#limit) {
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    } else this.#running++;
    try {
      await write();
    } finally {
      // The place goes to the next one, or is free.
      const next = this.#queue.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

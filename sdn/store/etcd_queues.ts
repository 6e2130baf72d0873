import { StoreConflict } from "./types.ts";

interface Queue {
  tail: Promise<void>;
  waiting: number;
  generation: number;
}

/** What happens around the writes of a relay. */
export interface QueueEvents {
  /** A write was not kept: nothing that was built on it will be. */
  readonly onLost: (relay: string) => void;
  /** No write of the relay is left. */
  readonly onIdle: (relay: string) => void;
}

/**
 * Writes, one after the other for each relay and side by side for different ones. When one fails,
 * those behind it fail too, since they were made on the ground of what it would have changed.
 */
export class EtcdQueues {
  readonly #queues = new Map<string, Queue>();
  readonly #limit: number;
  readonly #events: QueueEvents;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** Lets up to `limit` writes run at once. */
  constructor(limit: number, events: QueueEvents) {
    this.#limit = limit;
    this.#events = events;
  }

  /** Whether writes of the relay wait or run. */
  isBusy(relay: string): boolean {
    return this.#queues.has(relay);
  }

  /** Does `write` when it is its turn. */
  enqueue(relay: string, write: () => Promise<void>): Promise<void> {
    const queue = this.#queues.get(relay) ?? { tail: Promise.resolve(), waiting: 0, generation: 0 };
    this.#queues.set(relay, queue);
    const { generation } = queue;
    queue.waiting++;
    const run = queue.tail.then(async () => {
      try {
        if (queue.generation !== generation) throw new StoreConflict(relay);
        await this.#admitted(write);
      } catch (error) {
        if (queue.generation === generation) {
          queue.generation++;
          this.#events.onLost(relay);
        }
        throw error;
      } finally {
        if (--queue.waiting === 0) {
          this.#queues.delete(relay);
          this.#events.onIdle(relay);
        }
      }
    });
    queue.tail = run.catch(() => {});
    return run;
  }

  /** Resolves when nothing waits or runs. */
  async settled(): Promise<void> {
    while (this.#queues.size > 0) {
      await Promise.all([...this.#queues.values()].map((one) => one.tail));
    }
  }

  async #admitted(write: () => Promise<void>): Promise<void> {
    if (this.#running >= this.#limit) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running++;
    try {
      await write();
    } finally {
      // The place goes to the next one, or is free.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

import { StoreConflict } from "./types.ts";

interface Queue {
  tail: Promise<void>;
  waiting: number;
  generation: number;
}

/** Callbacks of {@linkcode EtcdQueues}. */
export interface QueueEvents {
  /** A write failed, and with it every later write of the relay. */
  readonly onLost: (relay: string) => void;
  /** No write of the relay is pending. */
  readonly onIdle: (relay: string) => void;
}

/**
 * Runs writes in order per relay, and concurrently for different relays. When one fails, the queued
 * ones of the relay fail too, since they depend on its result.
 */
export class EtcdQueues {
  readonly #queues = new Map<string, Queue>();
  readonly #limit: number;
  readonly #events: QueueEvents;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** Runs up to `limit` writes at once. */
  constructor(limit: number, events: QueueEvents) {
    this.#limit = limit;
    this.#events = events;
  }

  /** Whether the relay has pending writes. */
  isBusy(relay: string): boolean {
    return this.#queues.has(relay);
  }

  /** Runs `write` in its turn. */
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

  /** Resolves when no write is pending. */
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
      // Passes the slot to the next write, or frees it.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

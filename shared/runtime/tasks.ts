/** Called with a background task that failed although it was not stopped. */
export type FailureHandler = (task: string, error: unknown) => void;

/**
 * Background work with an owner. Everything spawned here is awaited by {@linkcode TaskGroup.close},
 * and a failure reaches the handler instead of ending the process.
 */
export class TaskGroup {
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #onFailure: FailureHandler;

  constructor(onFailure: FailureHandler) {
    this.#onFailure = onFailure;
  }

  /** Aborted when the owner closes the group: work that waits should watch it. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** How many tasks have not ended. */
  get size(): number {
    return this.#running.size;
  }

  /** Starts a task; after {@linkcode TaskGroup.close} it is not started at all. */
  spawn(name: string, work: (signal: AbortSignal) => Promise<void>): void {
    if (this.#stop.signal.aborted) return;
    // Sessions have many tasks that wait for as long as they last: a function that waits with each
    // would cost as much memory again.
    const task: Promise<void> = this.#start(work).then(
      () => void this.#running.delete(task),
      (error) => {
        this.#running.delete(task);
        if (!this.#stop.signal.aborted) this.#onFailure(name, error);
      },
    );
    this.#running.add(task);
  }

  #start(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      return work(this.#stop.signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Tells every task to stop and waits until the last has. */
  async close(): Promise<void> {
    this.#stop.abort();
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}

/** Values that arrive when they like and are taken one by one in that order. */
export class Queue<T> {
  readonly #values: T[] = [];
  readonly #waiting: PromiseWithResolvers<T | undefined>[] = [];
  #ended = false;

  /** Adds a value; after {@linkcode Queue.end} it is dropped. */
  push(value: T): void {
    if (this.#ended) return;
    const next = this.#waiting.shift();
    if (next === undefined) this.#values.push(value);
    else next.resolve(value);
  }

  /** The next value, or undefined when all were taken and no more will come. */
  next(): Promise<T | undefined> {
    const value = this.#values.shift();
    if (value !== undefined || this.#ended) return Promise.resolve(value);
    const waiting = Promise.withResolvers<T | undefined>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  /** Nothing more will come. */
  end(): void {
    this.#ended = true;
    for (const waiting of this.#waiting.splice(0)) waiting.resolve(undefined);
  }
}

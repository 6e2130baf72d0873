/** A bounded queue with asynchronous takers; after it is closed, takers get undefined. */
export class Queue<T> {
  readonly #limit: number;
  #items: T[] = [];
  #waiting: ((item: T | undefined) => void)[] = [];
  #closed = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds an item; false, without adding it, when the queue is full or closed. */
  push(item: T): boolean {
    if (this.#closed) return false;
    const waiter = this.#waiting.shift();
    if (waiter !== undefined) {
      waiter(item);
      return true;
    }
    if (this.#items.length >= this.#limit) return false;
    this.#items.push(item);
    return true;
  }

  /** The next item; undefined after the queue is closed. */
  take(): Promise<T | undefined> {
    const item = this.#items.shift();
    if (item !== undefined || this.#closed) return Promise.resolve(item);
    return new Promise((resolve) => {
      // An array that grows by push() reserves room for 17; one taker is the usual case.
      if (this.#waiting.length === 0) this.#waiting = [resolve];
      else this.#waiting.push(resolve);
    });
  }

  /** Closes the queue: resolves waiting takers with undefined and returns the items left. */
  close(): T[] {
    this.#closed = true;
    for (const waiter of this.#waiting.splice(0)) waiter(undefined);
    return this.#items.splice(0);
  }
}

/** A bounded queue between those who bring and those who wait; once closed it yields undefined. */
export class Queue<T> {
  readonly #limit: number;
  #items: T[] = [];
  #waiting: ((item: T | undefined) => void)[] = [];
  #closed = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds an item; false when the queue is full or closed and the item was not taken. */
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

  /** The next item, or undefined when the queue is closed. */
  take(): Promise<T | undefined> {
    const item = this.#items.shift();
    if (item !== undefined || this.#closed) return Promise.resolve(item);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Lets every waiting taker go with undefined and returns the items that nobody took. */
  close(): T[] {
    this.#closed = true;
    for (const waiter of this.#waiting.splice(0)) waiter(undefined);
    return this.#items.splice(0);
  }
}

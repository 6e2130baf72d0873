import { Queue as TransportQueue } from "../../../relay/transport/queue.ts";

/** Values that arrive when they like and are taken one by one in that order, to the last. */
export class Queue<T> extends TransportQueue<T> {
  readonly #left: T[] = [];

  constructor() {
    super(Infinity);
  }

  /** The next value, or undefined when all were taken and no more will come. */
  next(): Promise<T | undefined> {
    const value = this.#left.shift();
    return value === undefined ? this.take() : Promise.resolve(value);
  }

  /** Nothing more will come. */
  end(): void {
    this.#left.push(...this.close());
  }
}

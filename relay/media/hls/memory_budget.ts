/** Something that holds memory, and can hold less. */
export interface Holder {
  /** Gives up the oldest that it holds; false when nothing can go. */
  dropOldest(): boolean;
}

/** The memory of all segments together: whoever holds most gives up its oldest when it is too much. */
export class MemoryBudget {
  readonly #max: number;
  readonly #onDropped: () => void;
  readonly #held = new Map<Holder, number>();
  #bytes = 0;

  /** `onDropped` is called for each part of it that was given up for want of room. */
  constructor(max: number, onDropped: () => void) {
    this.#max = max;
    this.#onDropped = onDropped;
  }

  grow(holder: Holder, bytes: number): void {
    this.#bytes += bytes;
    this.#held.set(holder, (this.#held.get(holder) ?? 0) + bytes);
    while (this.#bytes > this.#max) {
      const [largest] = [...this.#held].sort((a, b) => b[1] - a[1]);
      if (largest === undefined || !largest[0].dropOldest()) return;
      this.#onDropped();
    }
  }

  shrink(holder: Holder, bytes: number): void {
    this.#bytes -= bytes;
    const left = (this.#held.get(holder) ?? 0) - bytes;
    if (left > 0) this.#held.set(holder, left);
    else this.#held.delete(holder);
  }
}

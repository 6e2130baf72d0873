interface Entry {
  readonly key: string;
  at: number;
}

/** A priority queue of keys by deadline, the earliest first. */
export class DeadlineHeap {
  readonly #heap: Entry[] = [];
  readonly #places = new Map<string, number>();

  /** The number of keys. */
  get size(): number {
    return this.#heap.length;
  }

  /** The earliest deadline; `undefined` when the queue is empty. */
  get next(): number | undefined {
    return this.#heap[0]?.at;
  }

  /** The deadline of a key; `undefined` when it has none. */
  at(key: string): number | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#heap[place]?.at;
  }

  /** Sets or replaces the deadline of a key. */
  set(key: string, at: number): void {
    const place = this.#places.get(key) ?? this.#heap.length;
    const entry = this.#heap[place] ?? { key, at };
    entry.at = at;
    this.#put(entry, place);
    this.#settle(place);
  }

  /** Removes a key. */
  delete(key: string): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    this.#places.delete(key);
    const last = this.#heap.pop();
    if (last === undefined || last.key === key) return;
    this.#put(last, place);
    this.#settle(place);
  }

  /** Removes and returns the earliest key if it is due at `now`. */
  take(now: number): string | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    this.delete(first.key);
    return first.key;
  }

  #settle(place: number): void {
    const entry = this.#heap[place];
    if (entry === undefined) return;
    let here = this.#rise(entry, place);
    for (;;) {
      const left = 2 * here + 1;
      const child = this.#isBefore(left + 1, left) ? left + 1 : left;
      const below = this.#heap[child];
      if (below === undefined || below.at >= entry.at) break;
      this.#put(below, here);
      here = child;
    }
    this.#put(entry, here);
  }

  #rise(entry: Entry, place: number): number {
    let here = place;
    while (here > 0) {
      const parent = (here - 1) >> 1;
      const above = this.#heap[parent];
      if (above === undefined || above.at <= entry.at) break;
      this.#put(above, here);
      here = parent;
    }
    this.#put(entry, here);
    return here;
  }

  #isBefore(a: number, b: number): boolean {
    const one = this.#heap[a];
    const other = this.#heap[b];
    return one !== undefined && other !== undefined && one.at < other.at;
  }

  #put(entry: Entry, place: number): void {
    this.#heap[place] = entry;
    this.#places.set(entry.key, place);
  }
}

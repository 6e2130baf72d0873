const NONE = -1;

/** What orders labels: the cost, then the number of links. */
export interface LabelOrder {
  readonly cost: Float64Array;
  readonly hops: Int32Array;
}

/** A priority queue of labels, the nearest first; empty between two computations, which share it. */
export class LabelHeap {
  #labels: number[] = [];
  /** Where each label is in the queue. */
  #places: number[] = [];
  #order: LabelOrder = { cost: new Float64Array(), hops: new Int32Array() };

  /** Begins with labels of this order. */
  begin(order: LabelOrder): void {
    this.#order = order;
    while (this.#places.length < order.cost.length) this.#places.push(NONE);
  }

  get isEmpty(): boolean {
    return this.#labels.length === 0;
  }

  /** Forgets what is in it. */
  clear(): void {
    for (const label of this.#labels) this.#places[label] = NONE;
    this.#labels = [];
  }

  /** Adds a label, or moves one that became nearer. */
  put(label: number): void {
    if (this.#places[label] === NONE) {
      this.#places[label] = this.#labels.length;
      this.#labels.push(label);
    }
    this.#rise(label);
  }

  /** Removes a label, if it is in the queue. */
  delete(label: number): void {
    const place = this.#places[label]!;
    if (place === NONE) return;
    this.#places[label] = NONE;
    const last = this.#labels.pop()!;
    if (last === label) return;
    this.#labels[place] = last;
    this.#places[last] = place;
    this.#rise(last);
    this.#sink(last);
  }

  /** Removes and returns the nearest label. */
  take(): number {
    const first = this.#labels[0]!;
    this.delete(first);
    return first;
  }

  #rise(label: number): void {
    let here = this.#places[label]!;
    while (here > 0) {
      const up = (here - 1) >> 1;
      const above = this.#labels[up]!;
      if (!this.#isNearer(label, above)) break;
      this.#labels[here] = above;
      this.#places[above] = here;
      here = up;
    }
    this.#labels[here] = label;
    this.#places[label] = here;
  }

  #sink(label: number): void {
    let here = this.#places[label]!;
    for (;;) {
      let child = 2 * here + 1;
      if (child >= this.#labels.length) break;
      if (
        child + 1 < this.#labels.length &&
        this.#isNearer(this.#labels[child + 1]!, this.#labels[child]!)
      ) child++;
      const below = this.#labels[child]!;
      if (!this.#isNearer(below, label)) break;
      this.#labels[here] = below;
      this.#places[below] = here;
      here = child;
    }
    this.#labels[here] = label;
    this.#places[label] = here;
  }

  #isNearer(a: number, b: number): boolean {
    const { cost, hops } = this.#order;
    const difference = cost[a]! - cost[b]!;
    return difference !== 0 ? difference < 0 : hops[a]! < hops[b]!;
  }
}

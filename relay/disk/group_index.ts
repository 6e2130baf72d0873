/** Where a group is in its segment. */
export interface IndexEntry {
  readonly group: bigint;
  readonly offset: number;
  /** Of the record, with its head. */
  readonly length: number;
  /** The largest object id; -1 for an empty group. */
  readonly lastId: number;
  /** Whether nothing else exists in the group. */
  readonly isWhole: boolean;
}

const FIRST_CAPACITY = 16;

/** The groups of one segment in order of their ids, 25 bytes each. */
export class GroupIndex {
  #groups = new BigUint64Array(FIRST_CAPACITY);
  #offsets = new Uint32Array(FIRST_CAPACITY);
  #lengths = new Uint32Array(FIRST_CAPACITY);
  #lastIds = new Float64Array(FIRST_CAPACITY);
  #whole = new Uint8Array(FIRST_CAPACITY);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The largest group id; undefined when there is none. */
  get largest(): bigint | undefined {
    return this.#count === 0 ? undefined : this.#groups[this.#count - 1];
  }

  /** Adds a group, in place of an earlier record of it. */
  add(entry: IndexEntry): void {
    const at = this.#lowerBound(entry.group);
    if (at === this.#count || this.#groups[at] !== entry.group) this.#makeRoomAt(at);
    this.#groups[at] = entry.group;
    this.#offsets[at] = entry.offset;
    this.#lengths[at] = entry.length;
    this.#lastIds[at] = entry.lastId;
    this.#whole[at] = entry.isWhole ? 1 : 0;
  }

  find(group: bigint): IndexEntry | undefined {
    const at = this.#lowerBound(group);
    return at < this.#count && this.#groups[at] === group ? this.#entryAt(at) : undefined;
  }

  /** The first group from `group` on, upwards or downwards. */
  nearest(group: bigint, isUpwards: boolean): IndexEntry | undefined {
    let at = this.#lowerBound(group);
    if (!isUpwards && (at === this.#count || this.#groups[at] !== group)) at--;
    return at < 0 || at >= this.#count ? undefined : this.#entryAt(at);
  }

  /** Forgets a group; false when it is not there. */
  remove(group: bigint): boolean {
    const at = this.#lowerBound(group);
    if (at === this.#count || this.#groups[at] !== group) return false;
    for (const column of this.#columns) column.copyWithin(at, at + 1, this.#count);
    this.#count--;
    return true;
  }

  *entries(): Iterable<IndexEntry> {
    for (let at = 0; at < this.#count; at++) yield this.#entryAt(at);
  }

  get #columns() {
    return [this.#groups, this.#offsets, this.#lengths, this.#lastIds, this.#whole] as const;
  }

  #entryAt(at: number): IndexEntry {
    return {
      group: this.#groups[at]!,
      offset: this.#offsets[at]!,
      length: this.#lengths[at]!,
      lastId: this.#lastIds[at]!,
      isWhole: this.#whole[at] === 1,
    };
  }

  /** The place of the first group that is not below `group`. */
  #lowerBound(group: bigint): number {
    let [low, high] = [0, this.#count];
    if (high > 0 && this.#groups[high - 1]! < group) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#groups[middle]! < group) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #makeRoomAt(at: number): void {
    if (this.#count === this.#groups.length) this.#grow();
    for (const column of this.#columns) column.copyWithin(at + 1, at, this.#count);
    this.#count++;
  }

  #grow(): void {
    const capacity = this.#count * 2;
    const [groups, offsets, lengths, lastIds, whole] = this.#columns;
    (this.#groups = new BigUint64Array(capacity)).set(groups);
    (this.#offsets = new Uint32Array(capacity)).set(offsets);
    (this.#lengths = new Uint32Array(capacity)).set(lengths);
    (this.#lastIds = new Float64Array(capacity)).set(lastIds);
    (this.#whole = new Uint8Array(capacity)).set(whole);
  }
}

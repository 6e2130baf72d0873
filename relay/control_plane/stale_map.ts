/**
 * A map whose entries can all be marked stale; entries that are set afterwards are fresh again
 * (mark and sweep).
 */
export class DoubtfulMap<V> {
  readonly #values = new Map<string, V>();
  #doubted = new Set<string>();

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  keys(): Iterable<string> {
    return this.#values.keys();
  }

  set(key: string, value: V): void {
    this.#doubted.delete(key);
    this.#values.set(key, value);
  }

  delete(key: string): boolean {
    this.#doubted.delete(key);
    return this.#values.delete(key);
  }

  /** Marks every entry stale. */
  doubt(): void {
    this.#doubted = new Set(this.#values.keys());
  }

  /** The keys that were not set again since they were marked stale. */
  get doubted(): ReadonlySet<string> {
    return this.#doubted;
  }
}

/**
 * A set whose members can all be marked stale; members that are added afterwards are fresh again
 * (mark and sweep).
 */
export class DoubtfulSet {
  readonly #members = new Set<string>();
  #doubted = new Set<string>();

  get members(): ReadonlySet<string> {
    return this.#members;
  }

  add(member: string): void {
    this.#doubted.delete(member);
    this.#members.add(member);
  }

  delete(member: string): boolean {
    this.#doubted.delete(member);
    return this.#members.delete(member);
  }

  /** Marks every member stale. */
  doubt(): void {
    this.#doubted = new Set(this.#members);
  }

  /** The members that were not added again since they were marked stale. */
  get doubted(): ReadonlySet<string> {
    return this.#doubted;
  }
}

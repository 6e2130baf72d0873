/**
 * A map whose entries can all be marked stale; entries that are set afterwards are fresh again
 * (mark and sweep).
 */
export class StaleMap<V> {
  readonly #values = new Map<string, V>();
  #stale = new Set<string>();

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
    this.#stale.delete(key);
    this.#values.set(key, value);
  }

  delete(key: string): boolean {
    this.#stale.delete(key);
    return this.#values.delete(key);
  }

  /** Marks every entry stale. */
  markStale(): void {
    this.#stale = new Set(this.#values.keys());
  }

  /** The keys that were not set again since they were marked stale. */
  get stale(): ReadonlySet<string> {
    return this.#stale;
  }
}

/**
 * A set whose members can all be marked stale; members that are added afterwards are fresh again
 * (mark and sweep).
 */
export class StaleSet {
  readonly #members = new Set<string>();
  #stale = new Set<string>();

  get members(): ReadonlySet<string> {
    return this.#members;
  }

  add(member: string): void {
    this.#stale.delete(member);
    this.#members.add(member);
  }

  delete(member: string): boolean {
    this.#stale.delete(member);
    return this.#members.delete(member);
  }

  /** Marks every member stale. */
  markStale(): void {
    this.#stale = new Set(this.#members);
  }

  /** The members that were not added again since they were marked stale. */
  get stale(): ReadonlySet<string> {
    return this.#stale;
  }
}

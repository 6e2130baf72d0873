/** A map whose entries can be doubted together; whatever is set or removed afterwards is certain. */
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

  /** Doubts every entry. */
  doubt(): void {
    this.#doubted = new Set(this.#values.keys());
  }

  /** The keys of which nothing was heard since they were doubted. */
  get doubted(): ReadonlySet<string> {
    return this.#doubted;
  }
}

/** A set whose members can be doubted together; whatever is added or removed afterwards is certain. */
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

  /** Doubts every member. */
  doubt(): void {
    this.#doubted = new Set(this.#members);
  }

  /** The members of which nothing was heard since they were doubted. */
  get doubted(): ReadonlySet<string> {
    return this.#doubted;
  }
}

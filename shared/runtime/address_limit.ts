/** Counts what each client address has: connections, or requests that are under way. */
export class AddressLimit {
  /** How many an address may have; those above it that it has already go on. */
  limit: number;
  readonly #counts = new Map<string, number>();

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Counts one more of an address; false, without counting it, at the limit. */
  take(key: string): boolean {
    const count = this.#counts.get(key) ?? 0;
    if (count >= this.limit) return false;
    this.#counts.set(key, count + 1);
    return true;
  }

  /** Uncounts one that has ended. */
  give(key: string): void {
    const count = this.#counts.get(key) ?? 0;
    if (count > 1) this.#counts.set(key, count - 1);
    else this.#counts.delete(key);
  }
}

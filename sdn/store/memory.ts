import type { Batch } from "../registry/mod.ts";
import type { Store, Stored } from "./types.ts";

/**
 * A store without persistence: after a restart, relays register again within a heartbeat interval.
 */
export class MemoryStore implements Store {
  readonly #firstRevision: number;
  #closed = false;

  /**
   * `firstRevision` should be higher than any that an earlier process reached, so that its watchers
   * notice that their history is gone.
   */
  constructor(firstRevision: number) {
    this.#firstRevision = firstRevision;
  }

  get healthy(): boolean {
    return !this.#closed;
  }

  load(): Promise<Stored> {
    return Promise.resolve({ revision: this.#firstRevision, relays: [], tombstones: [] });
  }

  append(_batch: Batch): Promise<void> {
    return this.#closed ? Promise.reject(new Error("The store is closed")) : Promise.resolve();
  }

  follow(): void {
    // Memory needs no reconciliation.
  }

  followAccess(): void {
    // As above.
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }
}

import type { Batch } from "../registry/mod.ts";
import type { Store, Stored } from "./types.ts";

/** A store for a controller whose state may begin anew: relays register again within a heartbeat. */
export class MemoryStore implements Store {
  readonly #firstRevision: number;
  #closed = false;

  /**
   * Begins at a revision, which should be higher than any that a former process reached: whoever
   * watched that one must notice that its history is gone.
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
    // It keeps everything.
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }
}

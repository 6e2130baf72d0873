import type { Batch, RelayState, Tombstone } from "../registry/mod.ts";

/** What a store gives back at the start. Times are on the scale of the store's {@linkcode Timeline}. */
export interface Stored {
  /** The revision of the newest batch; 0 when there was none. */
  readonly revision: number;
  readonly relays: readonly RelayState[];
  readonly tombstones: readonly Tombstone[];
}

/** Converts between the running clock, which begins anew with each start, and the calendar. */
export interface Timeline {
  /** Milliseconds since 1970 of a moment on the running clock. */
  toWall(time: number): number;
  /** The moment on the running clock, which may lie before its beginning. */
  fromWall(wall: number): number;
}

/** Where the state of a registry outlives the process. */
export interface Store {
  /** Everything that was appended, put together. */
  load(): Promise<Stored>;
  /**
   * Keeps a batch; resolves when it will survive the loss of the process. Batches are kept in the
   * order of the calls. Rejects when it could not be kept; a later batch that is kept brings it along.
   */
  append(batch: Batch): Promise<void>;
  /** Whether the last attempt to keep something succeeded. */
  readonly healthy: boolean;
  /** Keeps what waits, then lets go of the store. */
  close(): Promise<void>;
}

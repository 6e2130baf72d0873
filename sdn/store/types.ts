import type { Batch, RelayState, StoredRelay, Tombstone } from "../registry/mod.ts";

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
   * order of the calls. Rejects when it could not be kept: the registry was reconciled then, but for the
   * ends of leases, which hold and are kept later.
   */
  append(batch: Batch): Promise<void>;
  /** Lets `reconcile` be told whenever a relay in the store is not as the registry has it. */
  follow(reconcile: (given: StoredRelay) => void): void;
  /** Whether the last attempt to keep something succeeded. */
  readonly healthy: boolean;
  /** Keeps what waits, then lets go of the store. */
  close(): Promise<void>;
  /** Present when other controllers use the store too, which then has the last word. */
  readonly sharing?: Sharing;
}

/** What controllers that share a store do beside appending. Leases end in the store and nowhere else. */
export interface Sharing {
  /**
   * Prolongs a relay's lease. Rejects with {@linkcode StoreConflict} when it is over, and with another
   * error when it could not be prolonged.
   */
  renew(relay: string): Promise<void>;
  /** How each member of the cluster behind the store was when it was last looked at. */
  members(): readonly ClusterMember[];
}

/** One member of the cluster behind a store: `leaderless` when it answers and the quorum is lost. */
export interface ClusterMember {
  readonly name: string;
  readonly state: "leader" | "follower" | "leaderless" | "silent";
}

/** The relay was changed by another controller meanwhile: what was decided must be decided anew. */
export class StoreConflict extends Error {
  constructor(relay: string) {
    super(`${relay} was changed by another controller`);
  }
}

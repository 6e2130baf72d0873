import type { TenantUsage } from "@qumo/shared/topology";
import type { AccessTarget } from "@qumo/shared/topology/access_schemas";
import type { AccessEntry, Batch, RelayState, StoredRelay, Tombstone } from "../registry/mod.ts";

/**
 * The content of a store at the start. Times are on the scale of the store's {@linkcode Timeline}.
 */
export interface Stored {
  /** The revision of the newest batch; 0 for an empty store. */
  readonly revision: number;
  readonly relays: readonly RelayState[];
  readonly tombstones: readonly Tombstone[];
  /** Revocations, and policies of tenants. */
  readonly access?: readonly AccessEntry[];
  /** What watchers were told of the newest batches, without a gap up to `revision`. */
  readonly told?: readonly Told[];
}

/** What watchers were told of a batch, as a text that only the controller reads. */
export interface Told {
  readonly revision: number;
  readonly events: string;
}

/** Converts between the monotonic clock, which restarts with the process, and wall-clock time. */
export interface Timeline {
  /** Milliseconds since 1970 of a time on the monotonic clock. */
  toWall(time: number): number;
  /** A time on the monotonic clock, which may lie before its start. */
  fromWall(wall: number): number;
}

/** Persistent storage of a registry's state. */
export interface Store {
  /** Reads everything that was appended. */
  load(): Promise<Stored>;
  /**
   * Stores a batch; resolves when it survives a crash of the process. Batches are stored in the
   * order of the calls. Rejects when it could not be stored: the registry was reconciled with the
   * store then, except for lease expiries, which stay in force and are stored later.
   */
  append(batch: Batch, told?: string): Promise<void>;
  /** Whether it keeps what watchers are told of batches, beside them. */
  readonly keepsTold?: boolean;
  /** Registers `reconcile`, which is called when a relay in the store differs from the registry. */
  follow(reconcile: (given: StoredRelay) => void): void;
  /** As `follow`, for what is known about access under a key. */
  followAccess(reconcile: ReconcileAccess): void;
  /** Whether the last write succeeded. */
  readonly healthy: boolean;
  /** Writes pending batches and closes the store. */
  close(): Promise<void>;
  /** Present for a store that is shared with other controllers, which is authoritative then. */
  readonly sharing?: Sharing;
}

/** Takes what a store has about access under a key; `isUndone`: what was not stored. */
export type ReconcileAccess = (
  key: string,
  entry: AccessEntry | undefined,
  isUndone: boolean,
) => void;

/** Operations of a shared store. Only the store ends leases then. */
export interface Sharing {
  /**
   * Renews a relay's lease. Rejects with {@linkcode StoreConflict} when it has expired, and with
   * another error when it could not be renewed.
   */
  renew(relay: string): Promise<void>;
  /** The state of each member of the store's cluster at the last check. */
  members(): readonly ClusterMember[];
  readonly notices: Notices;
}

/** What the controllers of a shared store tell each other beside what it keeps. */
export interface Notices {
  /** Registers who hears what others say, once the store was read. */
  hear(listener: NoticeListener): void;
  /** Tells the others of a kick. Rejects when they cannot be told. */
  kick(kick: KickNotice): Promise<void>;
  /** Tells the others, soon, what a relay said that tenants use there. */
  uses(notice: UsageNotice): void;
}

/** Hears what the other controllers of a shared store say. */
export interface NoticeListener {
  kick(kick: KickNotice): void;
  uses(notice: UsageNotice): void;
}

/** What a relay said that tenants use there, and when it did. */
export interface UsageNotice {
  readonly relay: string;
  readonly tenants: readonly TenantUsage[];
  readonly heardAt: number;
}

/** What is to be cut now, with an id of its own. */
export interface KickNotice extends AccessTarget {
  readonly id: string;
  readonly relay?: string | undefined;
  readonly reason?: string | undefined;
}

/** A member of the store's cluster; `leaderless` when it answers but has no quorum. */
export interface ClusterMember {
  readonly name: string;
  readonly state: "leader" | "follower" | "leaderless" | "silent";
}

/** Another controller changed the relay meanwhile: the command must be decided again. */
export class StoreConflict extends Error {
  constructor(relay: string) {
    super(`${relay} was changed by another controller`);
  }
}

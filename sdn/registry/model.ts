import type { Flow, LoadReport } from "@qumo/shared/topology";
import type { AccessEntry } from "./access.ts";

/**
 * One uninterrupted life of a relay. The epoch comes from the relay (for example its start time);
 * the number counts how often the relay expired and returned within that epoch. State of one life
 * is not valid in the next.
 */
export interface Life {
  readonly epoch: number;
  readonly number: number;
}

/**
 * The position of a statement among all statements of its kind about a relay. The sequence number
 * comes from the relay or is assigned by the controller that received the statement; `by` names
 * that controller, and is empty otherwise.
 */
export interface Version extends Life {
  readonly seq: number;
  readonly by: string;
}

/** One link as the relay that declares it reports it. */
export interface Link {
  readonly cost: number;
  readonly up: boolean;
  /** Smoothed round-trip time in milliseconds. */
  readonly rttMs?: number;
  /** Smoothed packet loss, 0 to 1. */
  readonly loss?: number;
}

/** The record of a living relay. */
export interface RelayRecord {
  readonly name: string;
  readonly version: Version;
  /**
   * The relay's own epoch when it is lower than the version's: an earlier relay of this name, whose
   * clock was ahead, had the higher epoch and has deregistered.
   */
  readonly ownEpoch?: number;
  /** False for a relay that is known by its announces only. */
  readonly registered: boolean;
  readonly region: string;
  readonly address: string;
  readonly certificateSha256: string;
  /** What the relays of its machine are together; absent for one that is alone, or older. */
  readonly host?: string;
  /** The version of its program; absent for one that is older than this field. */
  readonly build?: string;
  readonly links: ReadonlyMap<string, Link>;
  readonly load?: LoadReport;
  /** Whether the relay itself reports that it drains. */
  readonly draining: boolean;
}

/**
 * Why a relay's life ended. `deregistered` is final for that life and is replicated; `expired` is
 * one controller's conclusion, which a newer heartbeat at another controller overrides.
 */
export type EndReason = "deregistered" | "expired";

/** The record of an ended life. */
export interface Tombstone {
  readonly name: string;
  readonly life: Life;
  /** The sequence number of the last heartbeat. */
  readonly beat: number;
  readonly reason: EndReason;
  /**
   * The relay's own epoch when it was lower; known only at the controller where the life ended, and
   * not persistently.
   */
  readonly ownEpoch?: number;
  /** In milliseconds on the caller's clock. */
  readonly endedAt: number;
  /** The relay's region, if it was known. */
  readonly region?: string;
  readonly address?: string;
  /** What an expired relay had; known only where it was seen to end, and not after a restart. */
  readonly last?: LastState;
}

/** What a relay had when it expired. */
export interface LastState {
  readonly load?: LoadReport;
  /** Tracks that no other relay announced then: some of them, and how many there were. */
  readonly onlyHad: readonly string[];
  readonly onlyHadCount: number;
}

/** An operator's drain order, or its cancellation. */
export interface DrainOrder {
  readonly version: Version;
  readonly on: boolean;
}

/** An announce of a track by a relay. */
export interface Announce {
  readonly relay: string;
  readonly track: string;
  readonly version: Version;
  /** In milliseconds on the caller's clock. */
  readonly registeredAt: number;
}

/** The newest statement about one track of one relay. */
export interface TrackState {
  readonly version: Version;
  readonly present: boolean;
  /** When the track was announced, in milliseconds on the caller's clock. */
  readonly registeredAt: number;
}

/** Everything that a controller knows of one relay, as controllers replicate it. */
export interface RelayState {
  readonly name: string;
  readonly life: Life;
  /** The sequence number of this life's newest heartbeat. */
  readonly beat: number;
  /** Absent after deregistration: the rest of that life's state is void then. */
  readonly alive?: {
    readonly record: RelayRecord;
    readonly drain?: DrainOrder;
    readonly tracks: ReadonlyMap<string, TrackState>;
  };
}

/** One change, consumed by stores, watchers and peers. */
export type Change =
  | { readonly kind: "relay"; readonly record: RelayRecord }
  | { readonly kind: "gone"; readonly tombstone: Tombstone }
  | { readonly kind: "drain"; readonly relay: string; readonly order: DrainOrder }
  | {
    readonly kind: "announce";
    readonly announce: Announce;
    /**
     * The relay had announced the track before: replicated and stored, but not an event for
     * watchers.
     */
    readonly isKnown?: true;
  }
  | {
    readonly kind: "withdraw";
    readonly relay: string;
    readonly track: string;
    readonly version: Version;
  }
  /** The tracks that a relay receives from its neighbors; momentary, so no store keeps it. */
  | { readonly kind: "flows"; readonly relay: string; readonly flows: readonly Flow[] }
  /** Who may come in, or what a tenant may use: about no relay. */
  | { readonly kind: "access"; readonly entry: AccessEntry };

/** The changes of one accepted command, as stores keep them. */
export interface Batch {
  readonly revision: number;
  readonly changes: readonly Change[];
}

/** One revision: a batch and the state to publish once it is stored. */
export interface Step extends Batch {
  /** The living relays that it changed, each as of this step. */
  readonly relays: ReadonlyMap<string, RelaySnapshot>;
}

/** An immutable view of a relay at one moment. */
export interface RelaySnapshot {
  readonly record: RelayRecord;
  /** Whether the relay drains, by its own report or by an operator's order. */
  readonly draining: boolean;
  /** The sequence number of the newest heartbeat. */
  readonly beat: number;
  /** The revision at which the record or the drain order last changed. */
  readonly modified: number;
  /** The number of announced tracks. */
  readonly announces: number;
  /**
   * The time of the last heartbeat, in milliseconds on the caller's clock; undefined if unknown.
   */
  readonly heardAt: number | undefined;
  readonly leaseEnd: number;
}

/** The expiry of a relay's lease. */
export interface LeaseEnd {
  readonly kind: "gone";
  readonly tombstone: Tombstone & { readonly reason: "expired" };
}

/** Whether a change is a lease expiry: nobody requested it, and it cannot be refused. */
export function isLeaseEnd(change: Change): change is LeaseEnd {
  return change.kind === "gone" && change.tombstone.reason === "expired";
}

/** The relay that a change is about; `undefined` for one about access. */
export function relayOf(change: Change): string | undefined {
  switch (change.kind) {
    case "relay":
      return change.record.name;
    case "gone":
      return change.tombstone.name;
    case "announce":
      return change.announce.relay;
    case "drain":
    case "withdraw":
    case "flows":
      return change.relay;
    case "access":
      return undefined;
  }
}

/** Compares two lives of one relay; negative when `a` came before `b`. */
export function compareLives(a: Life, b: Life): number {
  return a.epoch - b.epoch || a.number - b.number;
}

/** Compares two versions; negative when `a` comes before `b`. */
export function compareVersions(a: Version, b: Version): number {
  return compareLives(a, b) || a.seq - b.seq || (a.by < b.by ? -1 : a.by > b.by ? 1 : 0);
}

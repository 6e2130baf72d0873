import type { Flow, LoadReport } from "@qumo/shared/topology";

/**
 * One uninterrupted life of a relay. The epoch is the relay's own (its start time, say); the number
 * counts how often it ended and came back within that epoch. What was said in one life means
 * nothing in the next.
 */
export interface Life {
  readonly epoch: number;
  readonly number: number;
}

/**
 * The place of a statement about a relay among all statements of the same kind. The sequence
 * number comes from the relay, or is minted by the controller that took the statement; `by` is
 * that controller's name then, and empty otherwise.
 */
export interface Version extends Life {
  readonly seq: number;
  readonly by: string;
}

/** One declared link, from the relay that declares it. */
export interface Link {
  readonly cost: number;
  readonly up: boolean;
  /** Smoothed, in milliseconds. */
  readonly rttMs?: number;
  /** Smoothed, 0 to 1. */
  readonly loss?: number;
}

/** What is known of a relay that lives. */
export interface RelayRecord {
  readonly name: string;
  readonly version: Version;
  /**
   * What the relay itself calls its epoch, where that is lower than the version's: a relay of its name
   * had the higher one and has deregistered, because its clock was ahead.
   */
  readonly ownEpoch?: number;
  /** False for a relay that is known through its announces alone. */
  readonly registered: boolean;
  readonly region: string;
  readonly address: string;
  readonly certificateSha256: string;
  readonly links: ReadonlyMap<string, Link>;
  readonly load?: LoadReport;
  /** Said by the relay itself. */
  readonly draining: boolean;
}

/**
 * How a relay's life ended: `deregistered` is final for that life and is told to other controllers;
 * `expired` is what one controller concluded, and a newer heartbeat that another one saw overrules it.
 */
export type EndReason = "deregistered" | "expired";

/** What remains of a relay whose life has ended. */
export interface Tombstone {
  readonly name: string;
  readonly life: Life;
  /** The sequence number of its last heartbeat. */
  readonly beat: number;
  readonly reason: EndReason;
  /** What the relay called its epoch, where that was lower; known where it ended, and not for ever. */
  readonly ownEpoch?: number;
  /** On the clock of the caller, in milliseconds. */
  readonly endedAt: number;
  /** Where it was, when that was known. */
  readonly region?: string;
  readonly address?: string;
}

/** An operator's order to drain a relay, or that it no longer holds. */
export interface DrainOrder {
  readonly version: Version;
  readonly on: boolean;
}

/** That a relay has a track. */
export interface Announce {
  readonly relay: string;
  readonly track: string;
  readonly version: Version;
  /** On the clock of the caller, in milliseconds. */
  readonly registeredAt: number;
}

/** The newest word about one track of one relay. */
export interface TrackState {
  readonly version: Version;
  readonly present: boolean;
  /** Since when it is announced, on the clock of the caller, in milliseconds. */
  readonly registeredAt: number;
}

/** Everything that one controller knows of one relay, as controllers exchange it. */
export interface RelayState {
  readonly name: string;
  readonly life: Life;
  /** The sequence number of the newest heartbeat in this life. */
  readonly beat: number;
  /** Absent when the relay has deregistered: nothing else of that life matters then. */
  readonly alive?: {
    readonly record: RelayRecord;
    readonly drain?: DrainOrder;
    readonly tracks: ReadonlyMap<string, TrackState>;
  };
}

/** One thing that became different. Stores, watchers and peers all consume this. */
export type Change =
  | { readonly kind: "relay"; readonly record: RelayRecord }
  | { readonly kind: "gone"; readonly tombstone: Tombstone }
  | { readonly kind: "drain"; readonly relay: string; readonly order: DrainOrder }
  | {
    readonly kind: "announce";
    readonly announce: Announce;
    /** The relay announced it before as well: news for stores and peers, and for nobody who looks. */
    readonly isKnown?: true;
  }
  | {
    readonly kind: "withdraw";
    readonly relay: string;
    readonly track: string;
    readonly version: Version;
  }
  /** What a relay takes from its neighbors now: of the moment, so that no store keeps it. */
  | { readonly kind: "flows"; readonly relay: string; readonly flows: readonly Flow[] };

/** Everything that one accepted command changed, as stores keep it. */
export interface Batch {
  readonly revision: number;
  readonly changes: readonly Change[];
}

/** One step of the revision: a batch, and what is to be told of it once it is kept. */
export interface Step extends Batch {
  /** The relays that it is about and that live, each as the step leaves it. */
  readonly relays: ReadonlyMap<string, RelaySnapshot>;
}

/** A relay as it is at one moment: what comes later does not change it. */
export interface RelaySnapshot {
  readonly record: RelayRecord;
  /** Whether nothing new may be sent through it: by its own word or by an operator's order. */
  readonly draining: boolean;
  /** The sequence number of its newest heartbeat. */
  readonly beat: number;
  /** The revision at which the record or the drain order last changed. */
  readonly modified: number;
  /** How many tracks it announces. */
  readonly announces: number;
  /** When it was last heard, on the clock of the caller in milliseconds, where that is known. */
  readonly heardAt: number | undefined;
  readonly leaseEnd: number;
}

/** That a relay did not beat for so long that its life is over. */
export interface LeaseEnd {
  readonly kind: "gone";
  readonly tombstone: Tombstone & { readonly reason: "expired" };
}

/** Whether a change is a matter of time alone: nobody asked for it, and nobody can refuse it. */
export function isLeaseEnd(change: Change): change is LeaseEnd {
  return change.kind === "gone" && change.tombstone.reason === "expired";
}

/** The relay that a change is about. */
export function relayOf(change: Change): string {
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
  }
}

/** Compares two lives of one relay: negative when `a` came before `b`. */
export function compareLives(a: Life, b: Life): number {
  return a.epoch - b.epoch || a.number - b.number;
}

/** Compares two versions: negative when `a` comes before `b`. */
export function compareVersions(a: Version, b: Version): number {
  return compareLives(a, b) || a.seq - b.seq || (a.by < b.by ? -1 : a.by > b.by ? 1 : 0);
}

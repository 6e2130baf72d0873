import { measurementsOf } from "./measure.ts";
import {
  type Change,
  compareLives,
  compareVersions,
  type DrainOrder,
  type RelayRecord,
  type Tombstone,
  type TrackState,
} from "./model.ts";
import { type RelayEntry, saysTheSame } from "./relay_entry.ts";
import type { RegistryState } from "./state.ts";

/** A living relay as an authoritative store holds it. */
export interface Kept {
  readonly record: RelayRecord;
  readonly drain?: DrainOrder;
  /** May include tracks of other lives, which are ignored. */
  readonly tracks: ReadonlyMap<string, TrackState>;
}

/** A relay's state in an authoritative store, which replaces the local one. */
export interface StoredRelay {
  readonly name: string;
  /** Absent when the relay is not alive. */
  readonly kept?: Kept;
  /** The tombstone, if the relay deregistered. */
  readonly end?: Tombstone;
  /** The tracks that may have changed; absent: all. */
  readonly touched?: ReadonlySet<string>;
  /** Whether a local change was not stored and must be undone. */
  readonly isUndone: boolean;
}

/** Replaces a relay's state with that of the store, and returns the resulting changes. */
export function reconcile(
  state: RegistryState,
  given: StoredRelay,
  { now, leaseMs }: { now: number; leaseMs: number },
): Change[] {
  const { name, kept, isUndone } = given;
  const entry = state.relays.get(name);
  if (kept === undefined) return end(state, given, now);
  const { record, drain, tracks } = kept;
  if (entry === undefined || compareLives(entry.record.version, record.version) !== 0) {
    const begun = state.begin(record, now + leaseMs);
    begun.entry.measured = measurementsOf(record);
    const { changes } = begun;
    changes.push(...reconcileDrain(begun.entry, drain));
    changes.push(...reconcileTracks(state, begun.entry, { tracks, touched: tracks.keys() }));
    return changes;
  }
  const changes: Change[] = [];
  if (
    compareVersions(entry.record.version, record.version) !== 0 ||
    !saysTheSame(entry.record, record)
  ) {
    entry.record = record;
    entry.measured = measurementsOf(record);
    changes.push({ kind: "relay", record });
  }
  // A heartbeat that was not stored may be retried under its number.
  const { seq } = record.version;
  entry.beat = Math.max(seq, isUndone ? entry.beat - 1 : entry.beat);
  changes.push(...reconcileDrain(entry, drain));
  const touched = given.touched ?? new Set([...tracks.keys(), ...entry.announces.keys()]);
  changes.push(...reconcileTracks(state, entry, { tracks, touched }));
  return changes;
}

function end(state: RegistryState, { name, end, isUndone }: StoredRelay, now: number): Change[] {
  const entry = state.relays.get(name);
  if (entry === undefined) {
    if (end !== undefined) state.graveyard.bury(end);
    return [];
  }
  const { epoch, number } = entry.record.version;
  const expired = {
    name,
    life: { epoch, number },
    beat: entry.beat,
    reason: "expired",
    endedAt: now,
  } as const;
  const change = state.end(end ?? expired);
  // A life that was undone must not fence the next attempt.
  if (end === undefined && isUndone) state.graveyard.remove(name);
  return [change];
}

function reconcileDrain(entry: RelayEntry, drain: DrainOrder | undefined): Change[] {
  const before = entry.drain;
  entry.drain = drain;
  if ((before?.on ?? false) === (drain?.on ?? false)) return [];
  const version = drain?.version ?? before?.version ?? entry.record.version;
  const order = { version, on: drain?.on ?? false };
  return [{ kind: "drain", relay: entry.record.name, order }];
}

function reconcileTracks(
  state: RegistryState,
  entry: RelayEntry,
  { tracks, touched }: { tracks: Kept["tracks"]; touched: Iterable<string> },
): Change[] {
  const changes: Change[] = [];
  for (const track of touched) {
    const known = entry.announces.get(track);
    const word = tracks.get(track);
    const isOfThisLife = word !== undefined &&
      compareLives(word.version, entry.record.version) === 0;
    const newest = isOfThisLife ? word : known && { ...known, present: false };
    if (newest === undefined) continue;
    if (known !== undefined && newest.present && !compareVersions(known.version, newest.version)) {
      continue;
    }
    const change = state.takeTrack(entry, track, newest);
    if (change !== undefined) changes.push(change);
  }
  return changes;
}

import type { Holdings } from "./state.ts";
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

/** What a store that has the last word holds for a relay that lives. */
export interface Kept {
  readonly record: RelayRecord;
  readonly drain?: DrainOrder;
  /** Words of other lives may be among them; they mean nothing. */
  readonly tracks: ReadonlyMap<string, TrackState>;
}

/** What a store that has the last word says of a relay, which then is so. */
export interface Reflection {
  readonly name: string;
  /** Absent when the relay does not live. */
  readonly kept?: Kept;
  /** How it deregistered, when that is how it ended. */
  readonly end?: Tombstone;
  /** The tracks that may have changed; all of them when absent. */
  readonly touched?: ReadonlySet<string>;
  /** Whether what was changed here was not kept, so that it never was. */
  readonly isUndone: boolean;
}

/** Lets a relay be what the store says, whatever the holdings knew. Returns what became different. */
export function reflect(
  holdings: Holdings,
  given: Reflection,
  { now, leaseMs }: { now: number; leaseMs: number },
): Change[] {
  const { name, kept, isUndone } = given;
  const entry = holdings.relays.get(name);
  if (kept === undefined) return end(holdings, given, now);
  const { record, drain, tracks } = kept;
  if (entry === undefined || compareLives(entry.record.version, record.version) !== 0) {
    const begun = holdings.begin(record, now + leaseMs);
    begun.entry.measured = record.links;
    const { changes } = begun;
    changes.push(...reflectDrain(begun.entry, drain));
    changes.push(...reflectTracks(holdings, begun.entry, { tracks, touched: tracks.keys() }));
    return changes;
  }
  const changes: Change[] = [];
  if (
    compareVersions(entry.record.version, record.version) !== 0 ||
    !saysTheSame(entry.record, record)
  ) {
    entry.record = record;
    entry.measured = record.links;
    changes.push({ kind: "relay", record });
  }
  // The heartbeat that was not kept may be sent again under its number.
  const { seq } = record.version;
  entry.beat = Math.max(seq, isUndone ? entry.beat - 1 : entry.beat);
  changes.push(...reflectDrain(entry, drain));
  const touched = given.touched ?? new Set([...tracks.keys(), ...entry.announces.keys()]);
  changes.push(...reflectTracks(holdings, entry, { tracks, touched }));
  return changes;
}

function end(holdings: Holdings, { name, end, isUndone }: Reflection, now: number): Change[] {
  const entry = holdings.relays.get(name);
  if (entry === undefined) {
    if (end !== undefined) holdings.graveyard.bury(end);
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
  const change = holdings.end(end ?? expired);
  // A life that never was must not fence the one that is tried next.
  if (end === undefined && isUndone) holdings.graveyard.remove(name);
  return [change];
}

function reflectDrain(entry: RelayEntry, drain: DrainOrder | undefined): Change[] {
  const before = entry.drain;
  entry.drain = drain;
  if ((before?.on ?? false) === (drain?.on ?? false)) return [];
  const version = drain?.version ?? before?.version ?? entry.record.version;
  const order = { version, on: drain?.on ?? false };
  return [{ kind: "drain", relay: entry.record.name, order }];
}

function reflectTracks(
  holdings: Holdings,
  entry: RelayEntry,
  { tracks, touched }: { tracks: Kept["tracks"]; touched: Iterable<string> },
): Change[] {
  const changes: Change[] = [];
  for (const track of touched) {
    const known = entry.announces.get(track);
    const word = tracks.get(track);
    const isOfThisLife = word !== undefined &&
      compareLives(word.version, entry.record.version) === 0;
    const state = isOfThisLife ? word : known && { ...known, present: false };
    if (state === undefined) continue;
    if (known !== undefined && state.present && !compareVersions(known.version, state.version)) {
      continue;
    }
    const change = holdings.takeTrack(entry, track, state);
    if (change !== undefined) changes.push(change);
  }
  return changes;
}

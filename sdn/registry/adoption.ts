import { MAX_SEQUENCE } from "@qumo/shared/topology";
import { countTexts } from "./capacity.ts";
import { measurementsOf } from "./measure.ts";
import {
  type Change,
  compareLives,
  compareVersions,
  type Life,
  type RelayState,
  type Tombstone,
  type TrackState,
} from "./model.ts";
import type { RelayEntry } from "./relay_entry.ts";
import type { RegistryState } from "./state.ts";

/** A relay's state from another controller or a store, and how long it is valid. */
export interface Adoption {
  readonly state: RelayState;
  /** Milliseconds until the lease ends or, for an ended relay, until its tombstone expires. */
  readonly remaining: number;
}

/** The times that an adoption is judged by, in milliseconds. */
export interface AdoptionTimes {
  readonly now: number;
  readonly leaseMs: number;
  readonly tombstoneMs: number;
}

/**
 * Applies a relay's state that was merged with the local one. A controller that has seen no newer
 * heartbeat neither prolongs a lease nor revives a relay that expired here.
 */
export function adopt(state: RegistryState, given: Adoption, times: AdoptionTimes): Change[] {
  const { state: { name, life, beat, alive }, remaining } = given;
  const entry = state.relays.get(name);
  const buried = state.graveyard.get(name);
  if ((entry ?? alive) !== undefined && isLate(given.state, lastHeard(entry, buried))) {
    // The sender learns of a newer life, which carries the local state.
    const newer = life.number + 1;
    if (entry !== undefined) return state.renumber(entry, newer);
    if (buried?.reason !== "deregistered") return [];
    return [state.end({ ...buried, life: { ...life, number: newer } })];
  }
  if (alive === undefined) {
    if (entry !== undefined && compareLives(entry.record.version, life) > 0) return [];
    if (buried?.reason === "deregistered" && compareLives(buried.life, life) >= 0) return [];
    const endedAt = times.now + Math.min(0, remaining - times.tombstoneMs);
    return [state.end({ name, life, beat, reason: "deregistered", endedAt })];
  }
  if (entry === undefined && (remaining <= 0 || isOver(given, buried, times))) return [];
  if (state.capacityRefusal(entry, countTexts(present(alive.tracks))) !== undefined) return [];

  const leaseEnd = times.now + Math.min(remaining, times.leaseMs);
  if (entry !== undefined && compareLives(entry.record.version, life) === 0) {
    const known = state.leases.at(name) ?? leaseEnd;
    if (beat > entry.beat || isClearlyLater(leaseEnd, known, times)) {
      state.leases.set(name, Math.max(leaseEnd, known));
      entry.heardAt = Math.max(leaseEnd, known) - times.leaseMs;
      if (beat > entry.beat || isHeard(remaining, times)) entry.renewed(state.stalledMs);
      entry.beat = Math.max(beat, entry.beat);
    }
    return takeContent(state, entry, alive);
  }
  const begun = state.begin(alive.record, leaseEnd);
  begun.entry.measured = measurementsOf(alive.record);
  begun.entry.beat = beat;
  begun.entry.heardAt = leaseEnd - times.leaseMs;
  return [...begun.changes, ...takeContent(state, begun.entry, alive)];
}

/**
 * Whether a life was started by a late heartbeat at another controller, which had already expired
 * the relay: the relay numbers its heartbeats, and a newer one is known here. The number of the
 * life alone does not decide then.
 */
function isLate({ life, beat, alive }: RelayState, known: LastHeard | undefined): boolean {
  if (known === undefined || compareLives(life, known.life) <= 0) return false;
  if (life.epoch !== known.life.epoch || life.number >= MAX_SEQUENCE) return false;
  const isNumbered = known.isNumbered && (alive?.record.version.by ?? "") === "";
  const isSameEpoch = (alive?.record.ownEpoch ?? known.ownEpoch) === known.ownEpoch;
  return isNumbered && isSameEpoch && beat < known.beat;
}

/** The newest heartbeat known here, of a living relay or of one that ended. */
interface LastHeard {
  readonly life: Life;
  readonly ownEpoch: number | undefined;
  readonly beat: number;
  /** Whether the relay numbers its heartbeats itself, if that is known. */
  readonly isNumbered: boolean;
}

function lastHeard(
  entry: RelayEntry | undefined,
  buried: Tombstone | undefined,
): LastHeard | undefined {
  if (entry === undefined) {
    return buried && { ...buried, ownEpoch: buried.ownEpoch, isNumbered: true };
  }
  const { version, ownEpoch } = entry.record;
  return { life: version, ownEpoch, beat: entry.beat, isNumbered: version.by === "" };
}

function isOver(
  { state, remaining }: Adoption,
  buried: Tombstone | undefined,
  times: AdoptionTimes,
) {
  if (buried === undefined) return false;
  const { life, beat } = state;
  if (buried.reason === "deregistered") return compareLives(life, buried.life) <= 0;
  if (compareLives(life, buried.life) > 0) return false;
  if (life.epoch < buried.life.epoch) return true;
  if (beat > buried.beat) return false;
  return !isHeard(remaining, times) ||
    !isClearlyLater(times.now + remaining, buried.endedAt, times);
}

/**
 * Whether a lease ends so much later than the known one that only a newer heartbeat explains it.
 * Without the relay's own numbers, each controller numbers heartbeats for itself, so the numbers
 * cannot be compared. The margin is what a lease may gain while a message is in transit: without
 * it, controllers would keep a dead relay alive by replicating it to each other.
 */
function isClearlyLater(end: number, known: number, { leaseMs }: AdoptionTimes): boolean {
  return end > known + leaseMs / 4;
}

/**
 * Whether only a heartbeat explains what is left of a lease: a controller that prolongs one because it
 * was late adds less. Controllers that are busy for ever would else let each other begin to count anew.
 */
function isHeard(remaining: number, { leaseMs }: AdoptionTimes): boolean {
  return remaining > leaseMs / 2;
}

function takeContent(
  state: RegistryState,
  entry: RelayEntry,
  { record, drain, tracks }: NonNullable<RelayState["alive"]>,
): Change[] {
  const changes: Change[] = [];
  if (record !== entry.record) {
    entry.record = record;
    entry.measured = measurementsOf(record);
    changes.push({ kind: "relay", record });
  }
  if (drain !== undefined && drain !== entry.drain) {
    entry.drain = drain;
    changes.push({ kind: "drain", relay: record.name, order: drain });
  }
  for (const [track, word] of tracks) {
    if (!isNews(entry, track, word)) continue;
    const change = state.takeTrack(entry, track, word);
    if (change !== undefined) changes.push(change);
  }
  return changes;
}

function isNews(entry: RelayEntry, track: string, { version, present }: TrackState): boolean {
  const announced = entry.announces.get(track);
  const known = announced?.version ?? entry.withdrawn.get(track);
  if (known === undefined) return true;
  const order = compareVersions(version, known);
  return order > 0 || order === 0 && present !== (announced !== undefined);
}

function* present(tracks: ReadonlyMap<string, TrackState>): Generator<string> {
  for (const [track, state] of tracks) if (state.present) yield track;
}

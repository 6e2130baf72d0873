import { MAX_SEQUENCE } from "@qumo/shared/topology";
import { countTexts } from "./admission.ts";
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

/** What another controller, or a store, knows of a relay, and for how long that holds. */
export interface Adoption {
  readonly state: RelayState;
  /** Milliseconds until the lease ends or, of an end, until it may be forgotten. */
  readonly remaining: number;
}

/** The times by which an adoption is taken over, in milliseconds. */
export interface AdoptionTimes {
  readonly now: number;
  readonly leaseMs: number;
  readonly tombstoneMs: number;
}

/**
 * Takes over what is now known of a relay, already merged with what was known of it here.
 * Whoever has heard no newer heartbeat does not prolong a lease, and does not bring back a relay
 * that expired here.
 */
export function adopt(state: RegistryState, given: Adoption, times: AdoptionTimes): Change[] {
  const { state: { name, life, beat, alive }, remaining } = given;
  const entry = state.relays.get(name);
  const buried = state.graveyard.get(name);
  if ((entry ?? alive) !== undefined && isLate(given.state, lastHeard(entry, buried))) {
    // Whoever told that hears of a newer life, with what is known of it here.
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
  if (state.crowded(entry, countTexts(present(alive.tracks))) !== undefined) return [];

  const leaseEnd = times.now + Math.min(remaining, times.leaseMs);
  if (entry !== undefined && compareLives(entry.record.version, life) === 0) {
    const known = state.leases.at(name) ?? leaseEnd;
    if (beat > entry.beat || isClearlyLater(leaseEnd, known, times)) {
      state.leases.set(name, Math.max(leaseEnd, known));
      entry.heardAt = Math.max(leaseEnd, known) - times.leaseMs;
      entry.beat = Math.max(beat, entry.beat);
    }
    return takeContent(state, entry, alive);
  }
  const begun = state.begin(alive.record, leaseEnd);
  begun.entry.measured = alive.record.links;
  begun.entry.beat = beat;
  begun.entry.heardAt = leaseEnd - times.leaseMs;
  return [...begun.changes, ...takeContent(state, begun.entry, alive)];
}

/**
 * Whether a life began with a heartbeat that came late to another controller, which had heard
 * nothing of the relay for so long that it took it for dead: the relay numbers its heartbeats, and a
 * newer one is known here. The number of the life alone says nothing then.
 */
function isLate({ life, beat, alive }: RelayState, known: LastHeard | undefined): boolean {
  if (known === undefined || compareLives(life, known.life) <= 0) return false;
  if (life.epoch !== known.life.epoch || life.number >= MAX_SEQUENCE) return false;
  const isNumbered = known.isNumbered && (alive?.record.version.by ?? "") === "";
  const isSameEpoch = (alive?.record.ownEpoch ?? known.ownEpoch) === known.ownEpoch;
  return isNumbered && isSameEpoch && beat < known.beat;
}

/** What was last heard of a relay here, of its life or of its end. */
interface LastHeard {
  readonly life: Life;
  readonly ownEpoch: number | undefined;
  readonly beat: number;
  /** Whether the relay itself numbers its heartbeats, as far as that is known. */
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
  return beat <= buried.beat && !isClearlyLater(times.now + remaining, buried.endedAt, times);
}

/**
 * Whether a lease ends so much later than the one that was known that it must come from a newer
 * heartbeat. Controllers number the heartbeats of a relay that does not, each for itself, so that
 * numbers alone do not tell. The margin is what a lease may seem to gain while a message travels:
 * without it, controllers would keep a dead relay alive by telling each other of it.
 */
function isClearlyLater(end: number, known: number, { leaseMs }: AdoptionTimes): boolean {
  return end > known + leaseMs / 4;
}

function takeContent(
  state: RegistryState,
  entry: RelayEntry,
  { record, drain, tracks }: NonNullable<RelayState["alive"]>,
): Change[] {
  const changes: Change[] = [];
  if (record !== entry.record) {
    entry.record = record;
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

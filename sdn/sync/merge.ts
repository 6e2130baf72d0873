import {
  compareLives,
  compareVersions,
  type DrainOrder,
  type RelayRecord,
  type RelayState,
  type TrackState,
} from "../registry/mod.ts";

/**
 * Merges two controllers' states of one relay. Commutative, associative and idempotent, so that the
 * order, repetition and direction of exchanges do not matter.
 *
 * A newer life replaces an older one. Within a life, a deregistration is final; otherwise the
 * newest record, the newest drain order and the newest statement about each track win,
 * independently.
 */
export function mergeRelay(a: RelayState, b: RelayState): RelayState {
  const order = compareLives(a.life, b.life);
  if (order !== 0) return order > 0 ? a : b;
  const { name, life } = a;
  const beat = Math.max(a.beat, b.beat);
  if (a.alive === undefined || b.alive === undefined) return { name, life, beat };
  const record = newerRecord(a.alive.record, b.alive.record);
  const drain = newerDrain(a.alive.drain, b.alive.drain);
  const tracks = mergeTracks(a.alive.tracks, b.alive.tracks);
  return { name, life, beat, alive: { record, ...(drain && { drain }), tracks } };
}

/**
 * A text that two records share exactly when they are equal apart from times and from the version of
 * the relay's program: it breaks ties between equal versions.
 */
export function recordText(record: RelayRecord): string {
  const links = [...record.links].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, link]) => [name, link.cost, link.up, link.rttMs ?? null, link.loss ?? null]);
  const load = record.load ?? {};
  return JSON.stringify([
    record.registered,
    record.region,
    record.address,
    record.certificateSha256,
    record.draining,
    links,
    [load.sessions ?? null, load.subscriptions ?? null, load.egress_bps ?? null, load.cpu ?? null],
    ...(record.ownEpoch === undefined ? [] : [record.ownEpoch]),
    ...(record.host === undefined ? [] : [record.host]),
  ]);
}

function newerRecord(a: RelayRecord, b: RelayRecord): RelayRecord {
  const order = compareVersions(a.version, b.version);
  if (order !== 0) return order > 0 ? a : b;
  // Peers of before pass records on without the version of the program, which is no difference to them.
  const [one, other] = [a, b].map((record) => `${recordText(record)}${record.build ?? ""}`);
  return one! >= other! ? a : b;
}

function newerDrain(a?: DrainOrder, b?: DrainOrder): DrainOrder | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const order = compareVersions(a.version, b.version);
  if (order !== 0) return order > 0 ? a : b;
  return a.on ? a : b;
}

function mergeTracks(
  a: ReadonlyMap<string, TrackState>,
  b: ReadonlyMap<string, TrackState>,
): ReadonlyMap<string, TrackState> {
  const merged = new Map(a);
  for (const [track, state] of b) {
    const other = merged.get(track);
    merged.set(track, other === undefined ? state : newerTrack(other, state));
  }
  return merged;
}

function newerTrack(a: TrackState, b: TrackState): TrackState {
  const order = compareVersions(a.version, b.version);
  if (order !== 0) return order > 0 ? a : b;
  if (a.present !== b.present) return a.present ? b : a;
  // The same statement with two clock readings: either will do if the choice is deterministic.
  return a.registeredAt <= b.registeredAt ? a : b;
}

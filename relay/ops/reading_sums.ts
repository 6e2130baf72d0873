import type { RelayReading, Rows } from "./readings.ts";
import type { NamespaceView, ProcessView, SessionView, TrackView } from "./snapshot.ts";

/** The parts of a reading that differ from process to process. */
type SummedPart = keyof typeof SUMS;

/**
 * Sums the same parts of two processes that serve under one name. For a page of a list, read both
 * lists from their first row to the last row of the page, and take the page from the sum. A track or
 * namespace of both processes becomes one row; `now`, and totals beyond the rows that were read,
 * count it twice.
 */
export function sumReadings<P extends SummedPart>(
  one: Pick<RelayReading, P>,
  other: Pick<RelayReading, P>,
): Pick<RelayReading, P> {
  const parts = Object.keys(one) as P[];
  const entries = parts.map((part) => {
    const add = SUMS[part] as (a: unknown, b: unknown) => unknown;
    return [part, add(one[part], other[part])];
  });
  return Object.fromEntries(entries) as Pick<RelayReading, P>;
}

const SUMS = {
  conditions: union,
  process: sumUsage,
  counts: sum,
  now: sum,
  unreadBytes: (a: number, b: number) => a + b,
  sessions: (a: Rows<SessionView>, b: Rows<SessionView>): Rows<SessionView> => ({
    total: a.total + b.total,
    rows: [...a.rows, ...b.rows],
  }),
  tracks: (a: Rows<TrackView>, b: Rows<TrackView>) =>
    merged(a, b, ({ path, namespace, name }) => [path, namespace, name], sumTracks),
  namespaces: (a: Rows<NamespaceView>, b: Rows<NamespaceView>) =>
    merged(a, b, ({ path, namespace }) => [path, namespace], sumNamespaces),
};

function sumUsage(a: ProcessView, b: ProcessView): ProcessView {
  return { ...sum(a, b), eventLoopLagMs: Math.max(a.eventLoopLagMs, b.eventLoopLagMs) };
}

function sumNamespaces(a: NamespaceView, b: NamespaceView): NamespaceView {
  return { ...a, publishers: union(a.publishers, b.publishers) };
}

function sumTracks(a: TrackView, b: TrackView): TrackView {
  return {
    ...a,
    publishers: union(a.publishers, b.publishers),
    // Where one of them has the publisher, the track comes by no other relay.
    relays: a.relays.length <= b.relays.length ? a.relays : b.relays,
    subscriptions: a.subscriptions + b.subscriptions,
    largest: isBehind(a, b) ? b.largest : a.largest,
    ageMs: Math.max(a.ageMs, b.ageMs),
    cachedGroups: a.cachedGroups + b.cachedGroups,
    cachedBytes: a.cachedBytes + b.cachedBytes,
    bytesReceived: a.bytesReceived + b.bytesReceived,
    bytesSent: a.bytesSent + b.bytesSent,
  };
}

function isBehind({ largest: a }: TrackView, { largest: b }: TrackView): boolean {
  if (a === undefined || b === undefined) return a === undefined;
  return a.group < b.group || a.group === b.group && a.object < b.object;
}

/** The rows of both, with rows of equal keys joined, in order of their first occurrence. */
function merged<T>(
  one: Rows<T>,
  other: Rows<T>,
  keyOf: (row: T) => readonly string[],
  join: (a: T, b: T) => T,
): Rows<T> {
  const all = [...one.rows, ...other.rows];
  const found = new Map<string, T>();
  for (const row of all) {
    const key = JSON.stringify(keyOf(row));
    const known = found.get(key);
    found.set(key, known === undefined ? row : join(known, row));
  }
  const rows = [...found.values()];
  return { total: one.total + other.total - (all.length - rows.length), rows };
}

function union<T>(one: readonly T[], other: readonly T[]): T[] {
  return [...new Set([...one, ...other])];
}

/** Adds number to number in two records of the same form; bounds of distributions are the same in both. */
function sum<T extends object>(one: T, other: T): T {
  const entries = Object.entries(one).map(([key, value]) => {
    const theirs = (other as Record<string, unknown>)[key];
    if (key === "bounds") return [key, value];
    if (typeof value === "number") return [key, value + (theirs as number)];
    if (Array.isArray(value)) {
      return [
        key,
        value.map((count, at) => count + (theirs as number[])[at]!),
      ];
    }
    return [key, sum(value as object, theirs as object)];
  });
  return Object.fromEntries(entries);
}

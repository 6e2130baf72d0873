import type { Condition } from "./conditions.ts";
import type { RelayMetrics } from "./metrics.ts";
import type {
  NamespaceView,
  RelaySnapshot,
  RelayView,
  SessionView,
  TrackView,
} from "./snapshot.ts";

/** The fields of `T` that are data, all the way down. */
type Data<T> = T extends readonly (infer Item)[] ? readonly Data<Item>[]
  : T extends object ? {
      readonly [K in keyof T as T[K] extends (...args: never) => unknown ? never : K]: Data<T[K]>;
    }
  : T;

/** All that a relay has counted since its start. */
export type RelayCounts = Data<RelayMetrics>;

/**
 * What the sessions and tracks of one process show of themselves at one moment. It is data and nothing
 * else, so that it may be sent to another process or thread, and added to that of others who serve
 * under the same name.
 */
export interface RelayReading {
  readonly counts: RelayCounts;
  readonly now: RelaySnapshot;
  readonly unreadBytes: number;
  readonly conditions: readonly Condition[];
  readonly sessions: readonly SessionView[];
  readonly tracks: readonly TrackView[];
  readonly namespaces: readonly NamespaceView[];
}

/** Reads a relay and what it counts. */
export function readingOf(relay: RelayView, metrics: RelayMetrics): RelayReading {
  return {
    counts: structuredClone<RelayCounts>(metrics),
    now: relay.snapshot(),
    unreadBytes: relay.unreadBytes,
    conditions: relay.conditions,
    sessions: [...relay.sessions()],
    tracks: [...relay.tracks()],
    namespaces: [...relay.namespaces()],
  };
}

/** Two processes as if they were one. A track or namespace that both have counts as one row. */
export function sumReadings(one: RelayReading, other: RelayReading): RelayReading {
  const rows = [...one.tracks, ...other.tracks];
  const tracks = merged(rows, ({ path, namespace, name }) => [path, namespace, name], sumTracks);
  const now = sum(one.now, other.now);
  return {
    counts: sum(one.counts, other.counts),
    now: { ...now, tracks: now.tracks - (rows.length - tracks.length) },
    unreadBytes: one.unreadBytes + other.unreadBytes,
    conditions: union(one.conditions, other.conditions),
    sessions: [...one.sessions, ...other.sessions],
    tracks,
    namespaces: merged(
      [...one.namespaces, ...other.namespaces],
      ({ path, namespace }) => [path, namespace],
      (a, b) => ({ ...a, publishers: union(a.publishers, b.publishers) }),
    ),
  };
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

/** The rows in the order in which they come first, those of the same key as one. */
function merged<T>(
  rows: readonly T[],
  keyOf: (row: T) => readonly string[],
  join: (a: T, b: T) => T,
): T[] {
  const found = new Map<string, T>();
  for (const row of rows) {
    const key = JSON.stringify(keyOf(row));
    const known = found.get(key);
    found.set(key, known === undefined ? row : join(known, row));
  }
  return [...found.values()];
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

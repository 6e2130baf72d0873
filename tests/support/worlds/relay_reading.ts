import { countsOf } from "../../../relay/counts.ts";
import { RelayMetrics } from "../../../relay/metrics.ts";
import { loneHost } from "./lone_host.ts";
import type { Part, Read, RelayReading, Rows } from "../../../relay/ops/readings.ts";

const NO_ROWS: Rows<never> = { total: 0, rows: [] };

/** What a relay shows that serves and has nothing; but for what is said here. */
export function readingWith(parts: Partial<RelayReading> = {}): RelayReading {
  return {
    state: "serving",
    uptimeMs: 0,
    address: "127.0.0.1:4433",
    certificate: { hash: "", notAfter: 0, isGenerated: true },
    unready: undefined,
    conditions: [],
    process: { cpuSeconds: 0, residentBytes: 0, heapBytes: 0, eventLoopLagMs: 0 },
    counts: countsOf(new RelayMetrics()),
    now: loneHost().snapshot(),
    unreadBytes: 0,
    mesh: undefined,
    routes: [],
    sessions: NO_ROWS,
    encoders: NO_ROWS,
    tracks: NO_ROWS,
    namespaces: NO_ROWS,
    ...parts,
  };
}

/** Rows that are all there are. */
export function allOf<T>(rows: readonly T[]): Rows<T> {
  return { total: rows.length, rows };
}

/** Reads what is shown here, and of its lists what is asked for; `asked` gets the parts of each reading. */
export function readerOf(reading: RelayReading, asked: (readonly Part[])[] = []): Read {
  return <P extends Part>(parts: readonly P[], { offset, limit } = { offset: 0, limit: 0 }) => {
    asked.push(parts);
    const entries = parts.map((part) => {
      const value: RelayReading[Part] = reading[part];
      if (typeof value !== "object" || !("rows" in value)) return [part, value];
      return [part, { ...value, rows: value.rows.slice(offset, offset + limit) }];
    });
    return Promise.resolve(Object.fromEntries(entries) as Pick<RelayReading, P>);
  };
}

import type { LinkReport, LoadReport, Registration } from "@qumo/shared/topology";
import type { Link, RelayRecord } from "./model.ts";

/** A link's measurements, smoothed over the heartbeats of the relay that measures. */
export interface Measured {
  readonly rttMs?: number;
  readonly loss?: number;
}

/** What a relay measures, smoothed over its heartbeats. */
export interface Measurements {
  readonly links: ReadonlyMap<string, Measured>;
  readonly load: LoadReport | undefined;
}

/** The measurements of a relay whose heartbeats came to another controller: what that published. */
export function measurementsOf({ links, load }: RelayRecord): Measurements {
  return { links, load };
}

/** The links declared in a heartbeat, and their unpublished measurements. */
export interface Links {
  readonly links: ReadonlyMap<string, Link>;
  readonly measured: ReadonlyMap<string, Measured>;
}

const DEFAULT_COST = 1;

// A measurement is published when it changed by a tenth and by more than its noise. Otherwise every
// heartbeat would be a new revision, a write and a push.
const NOISE_SHARE = 0.1;
const RTT_FLOOR_MS = 1;
const LOSS_FLOOR = 0.01;
const LOAD_FLOORS = { sessions: 5, subscriptions: 10, egress_bps: 1e6, cpu: 0.05 } as const;
const LOAD_FIELDS = Object.keys(LOAD_FLOORS) as (keyof typeof LOAD_FLOORS)[];

/**
 * Reads the links of a heartbeat. `neighbors` and `links` together declare them; a cost in `links`
 * has precedence; a relay's link to itself is ignored. Round-trip time and loss are smoothed with
 * `weight`, the share of the new sample, and published when they changed beyond noise.
 */
export function readLinks(
  name: string,
  body: Registration,
  { before, weight }: { before: Links | undefined; weight: number },
): Links {
  if (before !== undefined && repeats(name, body, before)) return before;
  const links = new Map<string, Link>();
  const measured = new Map<string, Measured>();
  const neighbors = new Map(Object.entries(body.neighbors ?? {}));
  const reports = new Map(Object.entries(body.links ?? {}));
  for (const neighbor of [...new Set([...neighbors.keys(), ...reports.keys()])].sort()) {
    if (neighbor === name) continue;
    const report = reports.get(neighbor) ?? {};
    const smoothed = smooth(before?.measured.get(neighbor), report, weight);
    measured.set(neighbor, smoothed);
    links.set(neighbor, {
      cost: report.cost ?? configuredCost(neighbors.get(neighbor)),
      up: report.up ?? true,
      ...publish(before?.links.get(neighbor), smoothed),
    });
  }
  return { links, measured };
}

/** Whether a heartbeat declares the known links at their costs, and no link was ever measured. */
function repeats(name: string, { neighbors, links }: Registration, before: Links): boolean {
  if (links !== undefined || before.measured.values().some(isMeasured)) return false;
  let count = 0;
  for (const [neighbor, cost] of Object.entries(neighbors ?? {})) {
    if (neighbor === name) continue;
    const link = before.links.get(neighbor);
    if (link === undefined || isMeasured(link)) return false;
    if (!link.up || link.cost !== configuredCost(cost)) return false;
    count++;
  }
  return count === before.links.size;
}

function isMeasured({ rttMs, loss }: Measured): boolean {
  return rttMs !== undefined || loss !== undefined;
}

/** A relay's load: as it is published, and as its heartbeats say it, smoothed. */
export interface Loads {
  readonly load: LoadReport | undefined;
  readonly smoothed: LoadReport | undefined;
}

/**
 * Reads the load of a heartbeat. It is smoothed with `weight`, the share of the new sample, and
 * published when that differs beyond noise from what was published before.
 */
export function readLoad(now: LoadReport | undefined, before: Loads, weight: number): Loads {
  if (now === undefined) return { load: undefined, smoothed: undefined };
  const smoothed = smoothLoad(before.smoothed ?? before.load, now, weight);
  const isNews = before.load === undefined ||
    LOAD_FIELDS.some((field) => moved(before.load?.[field], smoothed[field], LOAD_FLOORS[field]));
  return { load: isNews ? rounded(smoothed) : before.load, smoothed };
}

function smoothLoad(before: LoadReport | undefined, now: LoadReport, weight: number): LoadReport {
  const smoothed: { -readonly [Field in keyof LoadReport]: LoadReport[Field] } = {};
  for (const field of LOAD_FIELDS) {
    if (now[field] !== undefined) smoothed[field] = mix(before?.[field], now[field], weight);
  }
  return smoothed;
}

/** Counts are whole numbers. */
function rounded(load: LoadReport): LoadReport {
  const { sessions, subscriptions } = load;
  return {
    ...load,
    ...(sessions !== undefined && { sessions: Math.round(sessions) }),
    ...(subscriptions !== undefined && { subscriptions: Math.round(subscriptions) }),
  };
}

function configuredCost(cost: number | undefined): number {
  return cost !== undefined && cost > 0 ? cost : DEFAULT_COST;
}

function smooth(before: Measured | undefined, report: LinkReport, weight: number): Measured {
  const rttMs = mix(before?.rttMs, report.rtt_ms, weight);
  const loss = mix(before?.loss, report.loss, weight);
  return { ...(rttMs !== undefined && { rttMs }), ...(loss !== undefined && { loss }) };
}

function mix(before: number | undefined, sample: number | undefined, weight: number) {
  if (before === undefined || sample === undefined) return sample ?? before;
  return before + weight * (sample - before);
}

function publish(before: Measured | undefined, now: Measured): Measured {
  const rttMs = moved(before?.rttMs, now.rttMs, RTT_FLOOR_MS) ? now.rttMs : before?.rttMs;
  const loss = moved(before?.loss, now.loss, LOSS_FLOOR) ? now.loss : before?.loss;
  return { ...(rttMs !== undefined && { rttMs }), ...(loss !== undefined && { loss }) };
}

function moved(before: number | undefined, now: number | undefined, floor: number): boolean {
  if (before === undefined || now === undefined) return before !== now;
  return Math.abs(now - before) > Math.max(floor, NOISE_SHARE * Math.abs(before));
}

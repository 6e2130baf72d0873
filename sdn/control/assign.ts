import { createHash } from "node:crypto";

/** A relay that a client may be sent to. */
export interface Assignable {
  readonly name: string;
  readonly region: string;
  /** Whether its neighbors reach it; one that none does is taken only when there is no other. */
  readonly isReached: boolean;
  /** The share of its processors in use, 0 to 1; 0 when it does not say. */
  readonly cpu: number;
  /** The cost of the route to the nearest relay that has the track; `Infinity` when there is none. */
  readonly distance: number;
}

/** Where something is. */
export interface GeoPoint {
  readonly latitude: number;
  readonly longitude: number;
}

/** What is known of a client. */
export interface Client {
  readonly region?: string | undefined;
  readonly place?: GeoPoint | undefined;
  /** Tells it from others; the same client is sent to the same relay while nothing changes. */
  readonly key: string;
}

// Loads within one such step count as the same: otherwise all clients of a moment go to one relay.
const LOAD_STEPS = 10;
// Beyond, a relay is taken only when there is no other.
const FULL = 0.9;
const EARTH_RADIUS_KM = 6371;

/**
 * The best relay for a client: one with room, near it (by its region, or else by its place), with
 * little load, close to the track's source. Equals share clients evenly, each keeping its own.
 */
export function assign<T extends Assignable>(
  candidates: readonly T[],
  client: Client,
  regions: ReadonlyMap<string, GeoPoint>,
): T | undefined {
  const ranked = candidates.map((candidate) => ({
    candidate,
    rank: [
      candidate.isReached ? 0 : 1,
      candidate.cpu >= FULL ? 1 : 0,
      farness(candidate.region, client, regions),
      Math.floor(candidate.cpu * LOAD_STEPS),
      candidate.distance,
    ],
    spread: spread(client.key, candidate.name),
  }));
  ranked.sort((a, b) => compare(a.rank, b.rank) || (a.spread < b.spread ? -1 : 1));
  return ranked[0]?.candidate;
}

function farness(region: string, client: Client, regions: ReadonlyMap<string, GeoPoint>): number {
  if (client.region !== undefined && client.region === region) return 0;
  const here = client.place ?? regions.get(client.region ?? "");
  const there = regions.get(region);
  // Of a client of which nothing is known all are equally far, and so are regions without a place.
  if (here === undefined || there === undefined) return Math.PI * EARTH_RADIUS_KM;
  return Math.round(distanceKm(here, there));
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) {
    const other = b[i] ?? 0;
    if (value !== other) return value < other ? -1 : 1;
  }
  return 0;
}

function distanceKm(a: GeoPoint, b: GeoPoint): number {
  const radians = (degrees: number) => degrees * Math.PI / 180;
  const [fromLatitude, toLatitude] = [radians(a.latitude), radians(b.latitude)];
  const across = radians(b.longitude - a.longitude);
  const chord = Math.sin((toLatitude - fromLatitude) / 2) ** 2 +
    Math.cos(fromLatitude) * Math.cos(toLatitude) * Math.sin(across / 2) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(chord)));
}

function spread(client: string, relay: string): string {
  return createHash("sha256").update(JSON.stringify([client, relay])).digest("hex");
}

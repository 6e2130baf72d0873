import { createHash } from "node:crypto";
import { announcesCovering, type Flow } from "@qumo/shared/topology";

/** A relay that a client may be assigned to. */
export interface Assignable {
  readonly name: string;
  readonly region: string;
  /**
   * Whether any neighbor reaches the relay; an unreachable relay is assigned only when there is no
   * other.
   */
  readonly isReached: boolean;
  /** The relay's CPU utilization, 0 to 1; 0 when it is not reported. */
  readonly cpu: number;
  /**
   * The cost of the route to the nearest relay that has the track; `Infinity` when there is none.
   */
  readonly distance: number;
  /** Whether it is on the machine of the relay that the client is to leave. */
  readonly isSibling: boolean;
  /** Whether the relay has the track: it has the publisher, or takes it for viewers already. */
  readonly hasTrack: boolean;
}

/** A geographic position, in degrees. */
export interface GeoPoint {
  readonly latitude: number;
  readonly longitude: number;
}

/** What is known of the client that asks for a relay. */
export interface Client {
  readonly region?: string | undefined;
  readonly place?: GeoPoint | undefined;
  /**
   * Identifies the client: the same key is assigned the same relay while the relays do not change.
   */
  readonly key: string;
}

// Loads are rounded to steps of this size; otherwise all clients of a moment would go to one relay.
const LOAD_STEPS = 10;
/**
 * Up to this load a relay gathers a track's viewers: each further one that takes the track costs it,
 * and the one that it takes the track from, as much as a viewer or more. The rest is room for those
 * who come before the relay reports them.
 */
export const GATHERED = 0.7;
/** A relay at or above this load is assigned only when there is no other. */
export const FULL = 0.9;
const EARTH_RADIUS_KM = 6371;

/**
 * The best relay for a client: not full, beside the one that it leaves, in or near the client's region, with the track already and
 * room for more of its viewers, with little load, close to the source of the track. Equal relays
 * share clients evenly (rendezvous hashing), and a client keeps its relay.
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
      candidate.isSibling ? 0 : 1,
      farness(candidate.region, client, regions),
      candidate.hasTrack && candidate.cpu < GATHERED ? 0 : 1,
      Math.floor(candidate.cpu * LOAD_STEPS),
      candidate.distance,
    ],
    spread: spread(client.key, candidate.name),
  }));
  ranked.sort((a, b) => compare(a.rank, b.rank) || (a.spread < b.spread ? -1 : 1));
  return ranked[0]?.candidate;
}

/** Whether one of the flows is of the track, or of one below it where it is a namespace. */
export function takesTrack(flows: readonly Flow[], track: string): boolean {
  // The text of an announce of the track alone: flows are named so.
  const [alone] = announcesCovering(track);
  return flows.some((flow) => flow.track === alone || flow.track.startsWith(`${track}/`));
}

function farness(region: string, client: Client, regions: ReadonlyMap<string, GeoPoint>): number {
  if (client.region !== undefined && client.region === region) return 0;
  const here = client.place ?? regions.get(client.region ?? "");
  const there = regions.get(region);
  // Without coordinates of both regions, all relays count as equally far.
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

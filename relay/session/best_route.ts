import type { AnnouncedRoute, Publisher } from "../track/mod.ts";

/** A peer that hears of routes. */
export interface RouteHearer {
  /** The peer as a publisher, which is not told of its own routes. */
  readonly publisher: Publisher;
  /** Its hop id; 0 when it has none. */
  readonly hop: bigint;
  /** Another hop id whose routes it does not want; 0 for none. */
  readonly excludeHop: bigint;
}

/**
 * The route that a peer is told of: not one through the peer itself, and the cheapest of the others,
 * then the shortest, then the newest.
 */
export function bestRoute(
  routes: readonly AnnouncedRoute[],
  hearer: RouteHearer,
): AnnouncedRoute | undefined {
  let best: AnnouncedRoute | undefined;
  for (const route of routes) {
    if (!mayBeTold(route, hearer)) continue;
    if (best === undefined || ranksBefore(route, best)) best = route;
  }
  return best;
}

function mayBeTold(
  { publisher, hops, isPassedOn }: AnnouncedRoute,
  hearer: RouteHearer,
): boolean {
  if (publisher === hearer.publisher) return false;
  const { excludeHop, hop: own } = hearer;
  const isRelay = excludeHop !== 0n || own !== 0n;
  // A path that nobody told could lead back to the peer.
  if (isRelay && isPassedOn && hops.length === 0) return false;
  return !hops.some((hop) => hop !== 0n && (hop === excludeHop || hop === own));
}

/** Paths without unnamed hops go first, then the cost, the length, and the age. */
function ranksBefore(one: AnnouncedRoute, other: AnnouncedRoute): boolean {
  const unnamed = Number(one.hops.includes(0n)) - Number(other.hops.includes(0n));
  if (unnamed !== 0) return unnamed < 0;
  if (one.cost.warm !== other.cost.warm) return one.cost.warm < other.cost.warm;
  if (one.cost.cold !== other.cost.cold) return one.cost.cold < other.cost.cold;
  if (one.hops.length !== other.hops.length) return one.hops.length < other.hops.length;
  return one.since > other.since;
}

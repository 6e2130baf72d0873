import { type AnnouncedRoute, compareRoutes, costNow, type Publisher } from "../track/mod.ts";

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

function ranksBefore(one: AnnouncedRoute, other: AnnouncedRoute): boolean {
  const asNow = (route: AnnouncedRoute) => ({ hops: route.hops, cost: costNow(route) });
  return (compareRoutes(asNow(one), asNow(other)) || other.since - one.since) < 0;
}

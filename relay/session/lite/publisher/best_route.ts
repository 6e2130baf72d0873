import type { LiteAnnounceRequest } from "@qumo/shared/wire";
import type { AnnouncedRoute, Publisher } from "../../../track/mod.ts";

/** What a peer wants to hear. */
interface Told {
  readonly publisher: Publisher;
  readonly request: LiteAnnounceRequest;
  /** The peer's hop id; 0 when it has none. */
  readonly peerHop: bigint;
}

/**
 * The route that a peer is told of: not one through the peer itself, and the cheapest of the others,
 * then the shortest, then the newest.
 */
export function bestRoute(
  routes: readonly AnnouncedRoute[],
  told: Told,
): AnnouncedRoute | undefined {
  let best: AnnouncedRoute | undefined;
  for (const route of routes) {
    if (!mayBeTold(route, told)) continue;
    if (best === undefined || ranksBefore(route, best)) best = route;
  }
  return best;
}

function mayBeTold({ publisher, hops, isPassedOn }: AnnouncedRoute, told: Told): boolean {
  if (publisher === told.publisher) return false;
  const { excludeHop } = told.request;
  const isRelay = excludeHop !== 0n || told.peerHop !== 0n;
  // A path that nobody told could lead back to the peer.
  if (isRelay && isPassedOn && hops.length === 0) return false;
  return !hops.some((hop) => hop !== 0n && (hop === excludeHop || hop === told.peerHop));
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

import type { Publisher } from "../sources/publisher.ts";

/** What a publisher says of the route to a namespace that it announces. */
export interface RouteTold {
  /** The ids of the relays outside the mesh on the path, the origin first; 0 for one without. */
  readonly hops: readonly bigint[];
  readonly cost: RouteCost;
  /** Whether a relay outside the mesh is known to pass it on, whoever announces it here. */
  readonly isPassedOn?: boolean;
}

/** What a subscription over a route costs: while the track is received over it already, and otherwise. */
export interface RouteCost {
  readonly warm: bigint;
  readonly cold: bigint;
}

/** One of the routes to a namespace. */
export interface AnnouncedRoute extends RouteTold {
  readonly publisher: Publisher;
  /** The time of the announcement, in the clock's milliseconds. */
  readonly since: number;
  /** Whether it was announced by a relay outside the mesh. */
  readonly isPassedOn: boolean;
  /** Whether a track is received over it, so that one more subscriber costs nothing up to here. */
  readonly isCarried: boolean;
}

/** What a subscription over a route costs at this moment, and where its tracks are not received any more. */
export function costNow({ cost: { warm, cold }, isCarried }: AnnouncedRoute): RouteCost {
  return { warm: isCarried ? 0n : warm, cold };
}

/**
 * Which of two routes goes first (negative: the first one): paths without unnamed hops, then the
 * cheaper, then the shorter one.
 */
export function compareRoutes(one: RouteTold, other: RouteTold): number {
  return Number(one.hops.includes(0n)) - Number(other.hops.includes(0n)) ||
    Number(one.cost.warm - other.cost.warm) ||
    Number(one.cost.cold - other.cost.cold) ||
    one.hops.length - other.hops.length;
}

/** The route to a publisher that says nothing of it. */
export const DIRECT: RouteTold = { hops: [], cost: { warm: 0n, cold: 0n } };

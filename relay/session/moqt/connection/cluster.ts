import type { Draft, SetupOptions } from "@qumo/shared/wire";
import { type AnnouncedRoute, costNow, type RouteTold } from "../../../track/mod.ts";
import { violation } from "../../errors.ts";

/*
 * draft-lcurley-moq-cluster: meshes of relays of several programs. Relays of our own mesh know more of
 * each other, and do without.
 */

/** The extension in a session that agreed on it. */
export interface Cluster {
  /** Our hop id. */
  readonly own: bigint;
  /** The peer's; 0 when it has none. */
  readonly peer: bigint;
  /** What a subscription to the peer costs. */
  readonly cost: bigint;
  /** Whether what the peer tells of its routes counts: a client may say anything. */
  readonly isBelieved: boolean;
}

/** What a namespace's announcement says of its route. */
export interface RouteParameters {
  readonly hopPath?: readonly bigint[];
  readonly routeCost?: bigint;
}

/**
 * What our SETUP declares of it: drafts with one control stream have no such extension, and who is no
 * relay has no hop id.
 */
export function clusterOption(
  draft: Draft,
  { hop, cost }: { readonly hop: bigint; readonly cost: number },
): Pick<SetupOptions, "relayHops" | "relayCost"> {
  if (draft.family === "A" || hop === NO_HOP) return {};
  return { relayHops: hop, ...(cost !== DEFAULT_COST && { relayCost: BigInt(cost) }) };
}

/** The extension, if both sides declared it. */
export function clusterOf(
  draft: Draft,
  { peer, hop, isBelieved }: {
    readonly peer: SetupOptions;
    readonly hop: bigint;
    readonly isBelieved: boolean;
  },
): Cluster | undefined {
  if (
    draft.family === "A" || hop === NO_HOP || peer.relayHops === undefined ||
    peer.relayName !== undefined
  ) return undefined;
  const cost = peer.relayCost ?? BigInt(DEFAULT_COST);
  return { own: hop, peer: peer.relayHops, cost, isBelieved };
}

/**
 * The route that an announcement tells of; undefined where the session has no such extension. Throws
 * when the path is missing, or is there without the extension.
 */
export function routeHeard(
  cluster: Cluster | undefined,
  { hopPath, routeCost = 0n }: RouteParameters,
): RouteTold | undefined {
  if ((cluster === undefined) !== (hopPath === undefined)) {
    throw violation(
      cluster === undefined ? "HOP_PATH was not agreed on" : "An announcement has no HOP_PATH",
    );
  }
  if (cluster === undefined || hopPath === undefined) return undefined;
  const sum = routeCost + cluster.cost;
  const cost = sum > MAX_COST ? MAX_COST : sum;
  return { hops: hopPath, cost: { warm: cost, cold: cost } };
}

/** Whether a path leads through this relay already. */
export function leadsBack({ own }: Cluster, { hops }: RouteTold): boolean {
  return own !== NO_HOP && hops.includes(own);
}

/** What the peer is told of a route: our hop id is the last of its path. */
export function routeTold(
  { own }: Cluster,
  route: AnnouncedRoute,
): Required<RouteParameters> {
  const { hops } = route;
  const hopPath = [...(hops.length === 0 ? UNKNOWN_ORIGIN : hops), own];
  return { hopPath, routeCost: costNow(route).warm };
}

/** The hop id of who is no relay. */
const NO_HOP = 0n;

/** What a subscription costs at a relay that does not say it. */
const DEFAULT_COST = 1;

/** A publisher that declares no hop id. */
const UNKNOWN_ORIGIN: readonly bigint[] = [0n];

// What every integer format carries; costs add up to no more.
const MAX_COST = 2n ** 62n - 1n;

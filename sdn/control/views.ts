import type { z } from "zod";
import {
  type Explanation,
  type Graph,
  type NextHop,
  type Route,
  stepsToCost,
} from "../graph/mod.ts";
import type { Announce, RelaySnapshot } from "../registry/mod.ts";
import type {
  announceAnswer,
  graphAnswer,
  nextHopsAnswer,
  relayAnswer,
  routeAnswer,
} from "./answers.ts";
import type { ToDate } from "./dates.ts";

/** A relay as the API returns it. */
export function relayView(
  relay: RelaySnapshot,
  { state, toDate }: { state: z.output<typeof relayAnswer>["state"]; toDate: ToDate },
): z.output<typeof relayAnswer> {
  const { record, heardAt } = relay;
  const links = [...record.links].map(([name, { cost, up, rttMs, loss }]) => [name, {
    cost,
    up,
    ...(rttMs !== undefined && { rtt_ms: rttMs }),
    ...(loss !== undefined && { loss }),
  }]);
  return {
    relay: record.name,
    region: record.region,
    address: record.address,
    state,
    registered: record.registered,
    epoch: record.ownEpoch ?? record.version.epoch,
    seq: relay.beat,
    links: Object.fromEntries(links),
    ...(record.load && { load: record.load }),
    ...(record.certificateSha256 && { certificate_sha256: record.certificateSha256 }),
    ...(record.host && { host: record.host }),
    ...(record.build && { version: record.build }),
    announces: relay.announces,
    modified: relay.modified,
    ...(heardAt !== undefined && { last_seen: toDate(heardAt) }),
    lease_expires_at: toDate(relay.leaseEnd),
  };
}

/** An announce as the API returns it. */
export function announceView(
  { relay, track, registeredAt }: Announce,
  { leaseEnd, toDate }: { leaseEnd: number; toDate: ToDate },
): z.output<typeof announceAnswer> {
  return {
    relay,
    track,
    broadcast_path: `/${track}`,
    registered_at: toDate(registeredAt),
    expires_at: toDate(leaseEnd),
  };
}

/** The graph as the API returns it. */
export function graphView(graph: Graph, revision: number): z.output<typeof graphAnswer> {
  const adjacency: [string, Record<string, number>][] = [];
  const links: z.output<typeof graphAnswer>["links"] = [];
  for (const [from, node] of graph.nodes.entries()) {
    const usable: [string, number][] = [];
    for (const [to, link] of graph.declared(node.name)) {
      const state = graph.linkState(node.name, to);
      const steps = state === "up" ? graph.steps(from, graph.number(to) ?? -1) : undefined;
      const cost = steps === undefined ? undefined : stepsToCost(steps);
      if (cost !== undefined) usable.push([to, cost]);
      links.push({
        from: node.name,
        to,
        state,
        configured_cost: link.cost,
        ...(cost !== undefined && { cost }),
        ...(link.rttMs !== undefined && { rtt_ms: link.rttMs }),
        ...(link.loss !== undefined && { loss: link.loss }),
      });
    }
    if (usable.length > 0) adjacency.push([node.name, Object.fromEntries(usable)]);
  }
  const nodes = graph.nodes.map((
    { name: id, region, address, state, certificateSha256, host },
  ) => ({
    id,
    region,
    ...(address && { address }),
    state,
    ...(certificateSha256 && { certificate_sha256: certificateSha256 }),
    ...(host && { host }),
  }));
  return { revision, nodes, adjacency: Object.fromEntries(adjacency), links };
}

/** A route as the API returns it. */
export function routeView(graph: Graph, route: Route) {
  const address = addressOf(graph, route.nextHop);
  return {
    next_hop: route.nextHop,
    ...(address && { next_hop_address: address }),
    full_path: [...route.path],
    cost: stepsToCost(route.steps),
  };
}

/** The explanation of a route as the API returns it. */
export function explanationView(
  { links, candidates }: Explanation,
): NonNullable<z.output<typeof routeAnswer>["explanation"]> {
  return {
    links: links.map(({ from, to, steps, measuredSteps, terms }) => ({
      from,
      to,
      cost: stepsToCost(steps),
      measured_cost: stepsToCost(measuredSteps),
      terms: terms.map((term) => ({ ...term })),
    })),
    candidates: candidates.map(({ first, verdict, route }) => ({
      first,
      verdict,
      ...(route && { full_path: [...route.path], cost: stepsToCost(route.steps) }),
    })),
  };
}

/** Next hops as the API returns them, by target. */
export function nextHopsView(
  graph: Graph,
  table: readonly NextHop[],
): z.output<typeof nextHopsAnswer>["routes"] {
  const hop = (name: string) => ({ name, address: addressOf(graph, name) });
  return Object.fromEntries(table.map(({ target, nextHop, alternate, steps }) => {
    const other = alternate === undefined ? undefined : hop(alternate);
    return [target, nextHopView({ next: hop(nextHop), other, steps })];
  }));
}

/** A relay that others are reached through. */
interface Hop {
  readonly name: string;
  readonly address: string;
}

/** How one relay reaches another, as the API returns it. */
export function nextHopView({ next, other, steps }: {
  readonly next: Hop;
  /** The next hop when the link to the first one fails. */
  readonly other: Hop | undefined;
  readonly steps: number;
}): z.output<typeof nextHopsAnswer>["routes"][string] {
  return {
    next_hop: next.name,
    ...(next.address && { next_hop_address: next.address }),
    ...(other && { alternate: other.name }),
    ...(other?.address && { alternate_address: other.address }),
    // The last: tables are written up to it once for all targets that are reached alike.
    cost: stepsToCost(steps),
  };
}

function addressOf(graph: Graph, name: string): string {
  return graph.nodes[graph.number(name) ?? -1]?.address ?? "";
}

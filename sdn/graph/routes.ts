import type { Graph } from "./graph.ts";
import { RouteSearch } from "./route_search.ts";

/** A route from one relay to another. */
export interface Route {
  /** The relays on the route, both ends included. */
  readonly path: readonly string[];
  /** The second relay of `path`; the source itself when source and target are the same. */
  readonly nextHop: string;
  /** The cost in steps. */
  readonly steps: number;
}

/** What a route is asked for. */
export interface RouteQuery {
  readonly from: string;
  readonly to: string;
  /** Routes beside the best, each over a different first link. */
  readonly alternates?: number;
  /** Relays that no route may pass through, as if they had died. */
  readonly without?: readonly string[];
}

/** Why there is no route. */
export type NoRoute = "unknown_source" | "unknown_target" | "no_path";

/** One row of a relay's next-hop table. */
export interface NextHop {
  readonly target: string;
  readonly nextHop: string;
  /**
   * The next hop to use when the link to the first one fails; absent when there is no other route.
   */
  readonly alternate?: string;
  /** The cost in steps. */
  readonly steps: number;
}

/**
 * The best route from one relay to another and up to `alternates` more, each over a different first
 * link.
 */
export function findRoutes(
  graph: Graph,
  { from, to, alternates = 0, without = [] }: RouteQuery,
): Route[] | NoRoute {
  const source = graph.number(from);
  const target = graph.number(to);
  if (source === undefined) return "unknown_source";
  if (target === undefined) return "unknown_target";
  if (without.includes(from) || without.includes(to)) return "no_path";
  if (source === target) return [{ path: [from], nextHop: from, steps: 0 }];
  const search = new RouteSearch(graph, source, {
    width: alternates + 1,
    target,
    without: new Set(without.map((name) => graph.number(name) ?? -1)),
  });
  const routes = search.routes(target).map((label) => toRoute(graph, search, label));
  return routes.length === 0 ? "no_path" : routes;
}

/**
 * A relay's next hop and alternate for each destination, by destination; `undefined` for an unknown
 * relay.
 */
export function nextHops(graph: Graph, from: string): NextHop[] | undefined {
  const source = graph.number(from);
  if (source === undefined) return undefined;
  const search = new RouteSearch(graph, source, { width: 2 });
  const table: NextHop[] = [];
  for (const [number, node] of graph.nodes.entries()) {
    const [best, other] = number === source ? [] : search.routes(number);
    if (best === undefined) continue;
    table.push({
      target: node.name,
      nextHop: nameOf(graph, search.first(best)),
      ...(other !== undefined && { alternate: nameOf(graph, search.first(other)) }),
      steps: search.steps(best),
    });
  }
  return table;
}

/** The cost in steps of the best route from one relay to each reachable node, by node number. */
export function distances(graph: Graph, from: string): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  const source = graph.number(from);
  if (source === undefined) return found;
  const search = new RouteSearch(graph, source, { width: 1 });
  for (const number of graph.nodes.keys()) {
    const [best] = search.routes(number);
    if (best !== undefined) found.set(number, search.steps(best));
  }
  return found;
}

function toRoute(graph: Graph, search: RouteSearch, label: number): Route {
  const path = search.path(label).map((node) => nameOf(graph, node));
  return { path, nextHop: path[1] as string, steps: search.steps(label) };
}

function nameOf(graph: Graph, number: number): string {
  return graph.nodes[number]?.name as string;
}

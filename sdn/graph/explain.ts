import { costSteps, type CostTerm, costTerms } from "./cost.ts";
import type { Graph } from "./graph.ts";
import { findRoutes, type Route, type RouteQuery } from "./routes.ts";

/** How the cost of one link of a route was computed. */
export interface LinkReason {
  readonly from: string;
  readonly to: string;
  /** The effective cost, in steps. */
  readonly steps: number;
  /** The sum of the terms now; differs from `steps` while a change is damped. */
  readonly measuredSteps: number;
  readonly terms: readonly CostTerm[];
}

/** Why a first link was chosen or not. */
export type Verdict =
  | "chosen"
  | "costs_more"
  | "has_more_links"
  | "comes_later_by_name"
  | "link_down"
  | "declared_by_one_end"
  | "carries_no_transit"
  | "left_out"
  | "no_path";

/** One first link that a route could take. */
export interface Candidate {
  readonly first: string;
  readonly verdict: Verdict;
  /** The best route over this first link, if there is one. */
  readonly route?: Route;
}

/** The explanation of a route. */
export interface Explanation {
  readonly links: readonly LinkReason[];
  readonly candidates: readonly Candidate[];
}

// First links for which routes are searched; the others are explained by their state alone. The
// memory of a search grows with this number times the number of relays.
const MAX_EXPLAINED_ROUTES = 32;

/**
 * Explains why the best route is the best, or why there is none. Both relays must be in the graph.
 */
export function explain(graph: Graph, query: Omit<RouteQuery, "alternates">): Explanation {
  const { from, to, without = [] } = query;
  const declared = graph.declared(from);
  const alternates = Math.min(Math.max(declared.size, 1), MAX_EXPLAINED_ROUTES) - 1;
  const found = findRoutes(graph, { ...query, alternates });
  const routes = typeof found === "string" ? [] : found;
  const byFirst = new Map(routes.map((route) => [route.nextHop, route]));
  const [best] = routes;
  const candidates = [...declared.keys()].sort().map((first): Candidate => {
    const route = byFirst.get(first);
    if (route === undefined || best === undefined) {
      if (without.includes(first)) return { first, verdict: "left_out" };
      return { first, verdict: obstacle(graph, { from, first, to }) };
    }
    return { first, verdict: compare(best, route), route };
  });
  return { links: best === undefined ? [] : reasons(graph, best.path), candidates };
}

function compare(best: Route, route: Route): Verdict {
  if (route === best) return "chosen";
  if (route.steps > best.steps) return "costs_more";
  return route.path.length > best.path.length ? "has_more_links" : "comes_later_by_name";
}

function obstacle(
  graph: Graph,
  { from, first, to }: { from: string; first: string; to: string },
): Verdict {
  const state = graph.linkState(from, first);
  if (state === "down") return "link_down";
  if (state === "one_way") return "declared_by_one_end";
  const number = graph.number(first);
  const carries = number !== undefined && graph.transit[number] === 1;
  return first !== to && !carries ? "carries_no_transit" : "no_path";
}

function reasons(graph: Graph, path: readonly string[]): LinkReason[] {
  const links: LinkReason[] = [];
  for (const [place, to] of path.entries()) {
    const from = path[place - 1];
    const ends = from === undefined ? undefined : graph.ends(from, to);
    if (from === undefined || ends === undefined) continue;
    const terms = costTerms(graph.policy, ends);
    const steps = graph.steps(graph.number(from) ?? 0, graph.number(to) ?? 0) ?? 0;
    links.push({ from, to, steps, measuredSteps: costSteps(terms), terms });
  }
  return links;
}

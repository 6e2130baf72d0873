/** The relays and their links at one revision, what links cost, and the best routes over them. */
export {
  type CostPolicy,
  type CostTerm,
  type CostWeights,
  type Hysteresis,
  stepsToCost,
} from "./cost.ts";
export type { Damping } from "./damping.ts";
export { type Candidate, explain, type Explanation, type Verdict } from "./explain.ts";
export {
  Graph,
  type GraphEnd,
  type GraphNode,
  type GraphOptions,
  type LinkState,
  type NodeState,
} from "./graph.ts";
export type { GraphLink, GraphRelay } from "./relay.ts";
export { obstacles } from "./obstacles.ts";
export {
  distances,
  findRoutes,
  type NextHop,
  nextHops,
  type NoRoute,
  type Route,
} from "./routes.ts";

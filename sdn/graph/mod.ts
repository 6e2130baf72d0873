/** The relays and their links at one revision, what links cost, and the best routes over them. */
export { type CostPolicy, stepsToCost } from "./cost.ts";
export { explain, type Explanation } from "./explain.ts";
export { Graph, type GraphEnd, type NodeState } from "./graph.ts";
export type { GraphRelay } from "./relay.ts";
export { isSameInGraph } from "./same.ts";
export { obstacles } from "./obstacles.ts";
export { distances, findRoutes, type NextHop, nextHops, type Route } from "./routes.ts";

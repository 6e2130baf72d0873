/** The relays and their links at one revision, what links cost, and the best routes over them. */
export { type CostPolicy, stepsToCost } from "./cost.ts";
export { explain, type Explanation } from "./explain.ts";
export { Graph, type GraphEnd, type NodeState } from "./graph.ts";
export type { GraphRelay } from "./relay.ts";
export { LabelHeap } from "./label_heap.ts";
export { Network, type NetworkChange } from "./network.ts";
export { RouteTable } from "./route_table.ts";
export { isSameInGraph } from "./same.ts";
export { obstacles } from "./obstacles.ts";
export { distances, findRoutes, type NextHop, nextHops, type Route } from "./routes.ts";

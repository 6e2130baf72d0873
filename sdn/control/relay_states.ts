import type { Graph, NodeState } from "../graph/mod.ts";
import type { Tombstone } from "../registry/mod.ts";

/** The number of relays in each state. */
export function countStates(
  graph: Graph,
  tombstones: ReadonlyMap<string, Tombstone>,
): Record<NodeState, number> {
  const counts: Record<NodeState, number> = {
    registered: 0,
    draining: 0,
    unreachable: 0,
    expired: 0,
    deregistered: 0,
    never_registered: 0,
  };
  for (const { state } of graph.nodes) counts[state]++;
  // An expired relay that no neighbor declares is in no graph; it is counted all the same.
  for (const { name, reason } of tombstones.values()) {
    if (reason === "expired" && graph.number(name) === undefined) counts.expired++;
  }
  return counts;
}

/** Whether the relay has a lease and no neighbor reaches it. */
export function isUnreachable(graph: Graph, name: string): boolean {
  return graph.nodes[graph.number(name) ?? -1]?.state === "unreachable";
}

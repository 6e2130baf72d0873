import type { CostPolicy } from "./cost.ts";
import type { GraphLink, GraphLoad, GraphRelay } from "./relay.ts";

/**
 * Whether a relay's report leads to the same graph, apart from measurements that no cost depends on.
 */
export function isSameInGraph(policy: CostPolicy, a: GraphRelay, b: GraphRelay): boolean {
  return a.region === b.region && a.address === b.address && a.draining === b.draining &&
    a.certificateSha256 === b.certificateSha256 && a.host === b.host &&
    loadsCostTheSame(policy, a.load, b.load) &&
    sameLinks(policy, a.links, b.links);
}

function sameLinks(policy: CostPolicy, a: GraphRelay["links"], b: GraphRelay["links"]): boolean {
  if (a.size !== b.size) return false;
  for (const [name, link] of a) {
    const other = b.get(name);
    if (other === undefined || !costsTheSame(policy, link, other)) return false;
  }
  return true;
}

function costsTheSame(policy: CostPolicy, a: GraphLink, b: GraphLink): boolean {
  if (a.up !== b.up || a.cost !== b.cost) return false;
  if (policy.kind === "static") return true;
  return a.rttMs === b.rttMs && (policy.kind === "rtt" || a.loss === b.loss);
}

function loadsCostTheSame(policy: CostPolicy, a?: GraphLoad, b?: GraphLoad): boolean {
  return policy.kind !== "composite" || policy.weights.load === 0 || a?.cpu === b?.cpu;
}

import { COST_STEP, MAX_COST } from "@qumo/shared/topology";
import type { GraphLink, GraphLoad } from "./relay.ts";

/** How much each part of a composite cost counts. */
export interface CostWeights {
  /** For each unit of configured cost. */
  readonly cost: number;
  /** For each millisecond of round-trip time. */
  readonly rtt: number;
  /** For each percent of packets lost. */
  readonly loss: number;
  /** For each percent of processor time in use at the far end. */
  readonly load: number;
}

/** What a link costs: what was configured, what was measured, or a weighted sum. */
export type CostPolicy =
  | { readonly kind: "static" }
  | { readonly kind: "rtt"; readonly hysteresis: Hysteresis }
  | { readonly kind: "composite"; readonly weights: CostWeights; readonly hysteresis: Hysteresis };

/** When a measured cost counts: once it differed by a share of `minGain` for `holdMs` on end. */
export interface Hysteresis {
  readonly minGain: number;
  readonly holdMs: number;
}

/** One part of a link's cost. */
export interface CostTerm {
  readonly term: "cost" | "rtt" | "loss" | "load";
  /** In the term's own unit: cost, milliseconds, percent. */
  readonly value: number;
  readonly weight: number;
}

/** What is known of a link from its two ends. */
export interface LinkEnds {
  readonly link: GraphLink;
  /** What the far end declares about the link back. */
  readonly back: GraphLink | undefined;
  /** The load of the far end. */
  readonly load: GraphLoad | undefined;
}

/** The parts that add up to a link's cost. What was not measured is replaced by the configured cost. */
export function costTerms(policy: CostPolicy, { link, back, load }: LinkEnds): CostTerm[] {
  const configured: CostTerm = { term: "cost", value: link.cost, weight: 1 };
  if (policy.kind === "static") return [configured];
  const rtt = link.rttMs ?? back?.rttMs;
  if (policy.kind === "rtt") {
    return rtt === undefined ? [configured] : [{ term: "rtt", value: rtt, weight: 1 }];
  }
  const { weights } = policy;
  return [
    { term: "cost", value: link.cost, weight: weights.cost },
    { term: "rtt", value: rtt ?? link.cost, weight: weights.rtt },
    { term: "loss", value: 100 * (link.loss ?? back?.loss ?? 0), weight: weights.loss },
    { term: "load", value: 100 * (load?.cpu ?? 0), weight: weights.load },
  ];
}

/** The sum of the terms in whole cost steps, so that path sums are exact in any order. */
export function costSteps(terms: readonly CostTerm[]): number {
  return toSteps(terms.reduce((total, { value, weight }) => total + value * weight, 0));
}

/** What a link costs, in steps: the sum of its terms, of which a static cost is the only one. */
export function linkSteps(policy: CostPolicy, ends: LinkEnds): number {
  return policy.kind === "static" ? toSteps(ends.link.cost) : costSteps(costTerms(policy, ends));
}

/** The cost that a number of steps stands for. */
export function stepsToCost(steps: number): number {
  // Dividing by the exact inverse gives 330 for 3300000 steps, where multiplying gives 330.00000000000006.
  return steps / Math.round(1 / COST_STEP);
}

function toSteps(cost: number): number {
  return Math.round(Math.min(MAX_COST, Math.max(0, cost)) / COST_STEP);
}

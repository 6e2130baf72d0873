import { COST_STEP, MAX_COST } from "@qumo/shared/topology";
import type { GraphLink, GraphLoad } from "./relay.ts";

/** The weights of a composite cost. */
export interface CostWeights {
  /** Weight of the configured cost. */
  readonly cost: number;
  /** Weight of each millisecond of round-trip time. */
  readonly rtt: number;
  /** Weight of each percent of packet loss. */
  readonly loss: number;
  /** Weight of each percent of CPU utilization at the far end. */
  readonly load: number;
}

/** How a link's cost is computed: configured, measured, or a weighted sum. */
export type CostPolicy =
  | { readonly kind: "static" }
  | { readonly kind: "rtt"; readonly hysteresis: Hysteresis }
  | { readonly kind: "composite"; readonly weights: CostWeights; readonly hysteresis: Hysteresis };

/**
 * A measured cost takes effect once it has differed by the share `minGain` for `holdMs` without
 * interruption.
 */
export interface Hysteresis {
  readonly minGain: number;
  readonly holdMs: number;
}

/** One term of a link's cost. */
export interface CostTerm {
  readonly term: "cost" | "rtt" | "loss" | "load";
  /** In the term's unit: cost, milliseconds or percent. */
  readonly value: number;
  readonly weight: number;
}

/** A link as both of its ends report it. */
export interface LinkEnds {
  readonly link: GraphLink;
  /** The same link as the far end declares it. */
  readonly back: GraphLink | undefined;
  /** The far end's load. */
  readonly load: GraphLoad | undefined;
}

/** The terms of a link's cost. The configured cost replaces what was not measured. */
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

/** The sum of the terms in integer cost steps, so that sums over a path are exact in any order. */
export function costSteps(terms: readonly CostTerm[]): number {
  return toSteps(terms.reduce((total, { value, weight }) => total + value * weight, 0));
}

/** A link's cost in steps. */
export function linkSteps(policy: CostPolicy, ends: LinkEnds): number {
  return policy.kind === "static" ? toSteps(ends.link.cost) : costSteps(costTerms(policy, ends));
}

/** Converts steps to a cost. */
export function stepsToCost(steps: number): number {
  // Dividing by the exact inverse gives 330 for 3300000 steps; multiplying gives
  // 330.00000000000006.
  return steps / Math.round(1 / COST_STEP);
}

function toSteps(cost: number): number {
  return Math.round(Math.min(MAX_COST, Math.max(0, cost)) / COST_STEP);
}

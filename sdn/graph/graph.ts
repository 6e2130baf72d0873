import { type CostPolicy, costSteps, costTerms, type LinkEnds } from "./cost.ts";
import { Damper, type Damping, undamped } from "./damping.ts";
import type { GraphLink, GraphRelay } from "./relay.ts";

/** A stub is a neighbour that somebody declares and that does not live itself. */
export type NodeState = "alive" | "draining" | "stub";

/** Why a declared link is used, or why not. */
export type LinkState = "up" | "down" | "one_way";

/** One relay, or the stub of one. */
export interface GraphNode {
  readonly name: string;
  readonly region: string;
  readonly address: string;
  readonly state: NodeState;
  /** What its neighbours verify it by; empty when it did not say. */
  readonly certificateSha256: string;
}

/** How a graph is made. */
export interface GraphOptions {
  readonly revision: number;
  readonly policy: CostPolicy;
  /** Whether a link that only one end declares may be used, from that end. */
  readonly oneWayLinks: boolean;
  /** The costs that counted in the graph before this one. */
  readonly damping?: Damping;
  readonly now: number;
}

/**
 * The relays and their usable links at one revision. It never changes. Nodes are numbered in the
 * order of their names, so that comparing numbers compares names.
 */
export class Graph {
  readonly revision: number;
  readonly policy: CostPolicy;
  readonly nodes: readonly GraphNode[];
  /** Where the usable links of each node begin in `targets` and `costs`; one entry more than nodes. */
  readonly offsets: Int32Array;
  readonly targets: Int32Array;
  /** In cost steps, whole numbers. */
  readonly costs: Float64Array;
  /** 1 for each node that may stand in the middle of a path. */
  readonly transit: Uint8Array;
  /** The costs that count, for the next graph. */
  readonly damping: Damping;
  /** When a cost that is held back will count if nothing changes; `Infinity` when none is. */
  readonly settlesAt: number;
  readonly #relays: ReadonlyMap<string, GraphRelay>;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #oneWayLinks: boolean;

  constructor(relays: Iterable<GraphRelay>, options: GraphOptions) {
    this.revision = options.revision;
    this.policy = options.policy;
    this.#oneWayLinks = options.oneWayLinks;
    this.#relays = new Map(Array.from(relays, (relay) => [relay.name, relay]));
    this.nodes = this.#listNodes();
    this.#numbers = new Map(this.nodes.map((node, number) => [node.name, number]));
    this.transit = Uint8Array.from(this.nodes, (node) => node.state === "alive" ? 1 : 0);
    const damper = options.policy.kind === "static"
      ? undefined
      : new Damper(options.policy.hysteresis, options.damping ?? undamped, options.now);
    const links = this.#layLinks(damper);
    this.offsets = links.offsets;
    this.targets = Int32Array.from(links.targets);
    this.costs = Float64Array.from(links.costs);
    this.damping = damper?.after ?? undamped;
    this.settlesAt = damper?.settlesAt ?? Infinity;
  }

  /** The node's number, or `undefined` when there is no such relay. */
  number(name: string): number | undefined {
    return this.#numbers.get(name);
  }

  /** The links that a node declares, usable or not, by the names of their far ends. */
  declared(name: string): ReadonlyMap<string, GraphLink> {
    return this.#relays.get(name)?.links ?? new Map();
  }

  /** Whether a declared link is used. */
  linkState(from: string, to: string): LinkState {
    const link = this.#relays.get(from)?.links.get(to);
    const back = this.#relays.get(to)?.links.get(from);
    if (link === undefined || !link.up || back?.up === false) return "down";
    return back === undefined && !this.#oneWayLinks ? "one_way" : "up";
  }

  /** What both ends of a declared link say about it. */
  ends(from: string, to: string): LinkEnds | undefined {
    const link = this.#relays.get(from)?.links.get(to);
    if (link === undefined) return undefined;
    const far = this.#relays.get(to);
    return { link, back: far?.links.get(from), load: far?.load };
  }

  /** The cost that counts for a usable link between two numbered nodes, in steps. */
  steps(from: number, to: number): number | undefined {
    for (let at = this.offsets[from] ?? 0; at < (this.offsets[from + 1] ?? 0); at++) {
      if (this.targets[at] === to) return this.costs[at];
    }
    return undefined;
  }

  #listNodes(): GraphNode[] {
    const nodes = new Map<string, GraphNode>();
    for (const relay of this.#relays.values()) {
      const { name, region, address, certificateSha256 = "" } = relay;
      const state = relay.draining ? "draining" : "alive";
      nodes.set(name, { name, region, address, state, certificateSha256 });
    }
    for (const relay of this.#relays.values()) {
      for (const name of relay.links.keys()) {
        if (!nodes.has(name)) nodes.set(name, stubOf(name));
      }
    }
    return [...nodes.values()].sort((a, b) => a.name < b.name ? -1 : 1);
  }

  #layLinks(damper: Damper | undefined) {
    const offsets = new Int32Array(this.nodes.length + 1);
    const targets: number[] = [];
    const costs: number[] = [];
    for (const [number, { name }] of this.nodes.entries()) {
      for (const [neighbor, link] of this.declared(name)) {
        const ends = this.ends(name, neighbor);
        if (ends === undefined || this.linkState(name, neighbor) !== "up") continue;
        const steps = costSteps(costTerms(this.policy, ends));
        targets.push(this.#numbers.get(neighbor) as number);
        costs.push(damper?.damp(name, neighbor, { steps, configured: link.cost }) ?? steps);
      }
      offsets[number + 1] = targets.length;
    }
    return { offsets, targets, costs };
  }
}

function stubOf(name: string): GraphNode {
  return { name, region: "", address: "", state: "stub", certificateSha256: "" };
}

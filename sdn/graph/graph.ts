import { type CostPolicy, type LinkEnds, linkSteps } from "./cost.ts";
import { Damper, type Damping, undamped } from "./damping.ts";
import { accusers, unreachable } from "./reach.ts";
import type { GraphLink, GraphRelay } from "./relay.ts";

/**
 * How a relay is. `unreachable` has a lease, and those who should reach it cannot; the last three
 * have none: a relay declares them as its neighbors.
 */
export type NodeState =
  | "registered"
  | "draining"
  | "unreachable"
  | "expired"
  | "deregistered"
  | "never_registered";

/** How a relay ended that does not live. */
export interface GraphEnd {
  readonly reason: "expired" | "deregistered";
  readonly region?: string;
  readonly address?: string;
}

/** Why a declared link is used, or why not. */
export type LinkState = "up" | "down" | "one_way";

const NO_ENDS: ReadonlyMap<string, GraphEnd> = new Map();
const NO_LINKS: ReadonlyMap<string, GraphLink> = new Map();

/** One relay, or what is known of one that is declared alone. */
export interface GraphNode {
  readonly name: string;
  readonly region: string;
  readonly address: string;
  readonly state: NodeState;
  /** What its neighbors verify it by; empty when it did not say. */
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
  /** How relays ended that do not live, by name. */
  readonly ends?: ReadonlyMap<string, GraphEnd>;
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
    this.nodes = this.#listNodes(options.ends ?? NO_ENDS);
    this.#numbers = new Map(this.nodes.map((node, number) => [node.name, number]));
    // Whom nobody reaches has no usable link to it: what it carries need not be forbidden too.
    this.transit = Uint8Array.from(this.nodes, ({ state }) => {
      return state === "registered" || state === "unreachable" ? 1 : 0;
    });
    const damper = options.policy.kind === "static"
      ? undefined
      : new Damper(options.policy.hysteresis, options.damping ?? undamped, options.now);
    const links = this.#layLinks(damper);
    this.offsets = links.offsets;
    this.targets = links.targets;
    this.costs = links.costs;
    this.damping = damper?.after ?? undamped;
    this.settlesAt = damper?.settlesAt ?? Infinity;
  }

  /** The node's number, or `undefined` when there is no such relay. */
  number(name: string): number | undefined {
    return this.#numbers.get(name);
  }

  /** The links that a node declares, usable or not, by the names of their far ends. */
  declared(name: string): ReadonlyMap<string, GraphLink> {
    return this.#relays.get(name)?.links ?? NO_LINKS;
  }

  /** Whether a declared link is used. */
  linkState(from: string, to: string): LinkState {
    const link = this.#relays.get(from)?.links.get(to);
    const back = this.#relays.get(to)?.links.get(from);
    return link === undefined ? "down" : this.#stateOf(link, back);
  }

  /** What both ends of a declared link say about it. */
  ends(from: string, to: string): LinkEnds | undefined {
    const link = this.#relays.get(from)?.links.get(to);
    if (link === undefined) return undefined;
    const far = this.#relays.get(to);
    return { link, back: far?.links.get(from), load: far?.load };
  }

  /** The neighbors that say that they do not reach a relay. */
  accusers(name: string): string[] {
    return accusers(this.#relays, name);
  }

  /** The cost that counts for a usable link between two numbered nodes, in steps. */
  steps(from: number, to: number): number | undefined {
    for (let at = this.offsets[from] ?? 0; at < (this.offsets[from + 1] ?? 0); at++) {
      if (this.targets[at] === to) return this.costs[at];
    }
    return undefined;
  }

  #listNodes(ends: ReadonlyMap<string, GraphEnd>): GraphNode[] {
    const nodes = new Map<string, GraphNode>();
    const lost = unreachable(this.#relays);
    for (const relay of this.#relays.values()) {
      const { name, region, address, certificateSha256 = "" } = relay;
      // One that goes away lets go of its links, and that is no fault.
      const state = relay.draining ? "draining" : lost.has(name) ? "unreachable" : "registered";
      nodes.set(name, { name, region, address, state, certificateSha256 });
    }
    for (const relay of this.#relays.values()) {
      for (const name of relay.links.keys()) {
        if (!nodes.has(name)) nodes.set(name, absent(name, ends.get(name)));
      }
    }
    return [...nodes.values()].sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** Each link is looked up once: a large network has a hundred thousand of them. */
  #layLinks(damper: Damper | undefined) {
    const declared = this.#relays.values().reduce((sum, { links }) => sum + links.size, 0);
    const offsets = new Int32Array(this.nodes.length + 1);
    const targets = new Int32Array(declared);
    const costs = new Float64Array(declared);
    let count = 0;
    const relays = this.nodes.map(({ name }) => this.#relays.get(name));
    for (const [number, relay] of relays.entries()) {
      const { name, links } = relay ?? { name: "", links: NO_LINKS };
      for (const [neighbor, link] of links) {
        const target = this.#numbers.get(neighbor) as number;
        const far = relays[target];
        const back = far?.links.get(name);
        if (this.#stateOf(link, back) !== "up") continue;
        const steps = linkSteps(this.policy, { link, back, load: far?.load });
        targets[count] = target;
        costs[count++] = damper?.damp(name, neighbor, { steps, configured: link.cost }) ?? steps;
      }
      offsets[number + 1] = count;
    }
    return { offsets, targets: targets.subarray(0, count), costs: costs.subarray(0, count) };
  }

  #stateOf(link: GraphLink, back: GraphLink | undefined): LinkState {
    if (!link.up || back?.up === false) return "down";
    return back === undefined && !this.#oneWayLinks ? "one_way" : "up";
  }
}

function absent(name: string, end: GraphEnd | undefined): GraphNode {
  const { region = "", address = "", reason: state = "never_registered" } = end ?? {};
  return { name, region, address, state, certificateSha256: "" };
}

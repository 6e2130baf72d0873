import { type CostPolicy, type LinkEnds, linkSteps } from "./cost.ts";
import { Damper, type Damping, undamped } from "./damping.ts";
import { accusers, unreachable } from "./unreachable.ts";
import type { GraphLink, GraphRelay } from "./relay.ts";

/**
 * A relay's state. An `unreachable` relay has a lease but no neighbor reaches it; the last three
 * have no lease and are in the graph because a registered relay declares them as neighbors.
 */
export type NodeState =
  | "registered"
  | "draining"
  | "unreachable"
  | "expired"
  | "deregistered"
  | "never_registered";

/** How a relay without a lease ended. */
export interface GraphEnd {
  readonly reason: "expired" | "deregistered";
  readonly region?: string;
  readonly address?: string;
}

/** Whether a declared link is used, and if not, why. */
export type LinkState = "up" | "down" | "one_way";

const NO_ENDS: ReadonlyMap<string, GraphEnd> = new Map();
const NO_LINKS: ReadonlyMap<string, GraphLink> = new Map();

/** One relay in the graph, registered or only declared as a neighbor. */
export interface GraphNode {
  readonly name: string;
  readonly region: string;
  readonly address: string;
  readonly state: NodeState;
  /** The certificate hash that neighbors verify; empty when the relay did not report one. */
  readonly certificateSha256: string;
  /** What the relays of its machine are together. */
  readonly host?: string;
}

/** Options of {@linkcode Graph}. */
export interface GraphOptions {
  readonly revision: number;
  readonly policy: CostPolicy;
  /** Whether a link that only one end declares may be used from that end. */
  readonly oneWayLinks: boolean;
  /** The damped costs of the previous graph. */
  readonly damping?: Damping;
  readonly now: number;
  /** How relays without a lease ended, by name. */
  readonly ends?: ReadonlyMap<string, GraphEnd>;
}

/**
 * The relays and their usable links at one revision; immutable. Nodes are numbered in order of
 * their names, so that comparing numbers compares names.
 */
export class Graph {
  readonly revision: number;
  readonly policy: CostPolicy;
  readonly nodes: readonly GraphNode[];
  /** Where each node's links begin in `targets` and `costs`; one entry more than nodes. */
  readonly offsets: Int32Array;
  readonly targets: Int32Array;
  /** In cost steps, integers. */
  readonly costs: Float64Array;
  /** 1 for each node that may forward traffic of others (transit). */
  readonly transit: Uint8Array;
  /** The damped costs, for the next graph. */
  readonly damping: Damping;
  /** When a damped cost will take effect if nothing changes; `Infinity` when there is none. */
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
    // An unreachable relay has no usable link to it, so its transit flag does not matter.
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

  /** The node's number; `undefined` for an unknown relay. */
  number(name: string): number | undefined {
    return this.#numbers.get(name);
  }

  /** The registered relay of this name that the graph was made of. */
  relay(name: string): GraphRelay | undefined {
    return this.#relays.get(name);
  }

  /** The links that a node declares, usable or not, by the name of the far end. */
  declared(name: string): ReadonlyMap<string, GraphLink> {
    return this.#relays.get(name)?.links ?? NO_LINKS;
  }

  /** The state of a declared link. */
  linkState(from: string, to: string): LinkState {
    const link = this.#relays.get(from)?.links.get(to);
    const back = this.#relays.get(to)?.links.get(from);
    return link === undefined ? "down" : this.#stateOf(link, back);
  }

  /** A declared link as both of its ends report it. */
  ends(from: string, to: string): LinkEnds | undefined {
    const link = this.#relays.get(from)?.links.get(to);
    if (link === undefined) return undefined;
    const far = this.#relays.get(to);
    return { link, back: far?.links.get(from), load: far?.load };
  }

  /** The neighbors that report their link to a relay as down. */
  accusers(name: string): string[] {
    return accusers(this.#relays, name);
  }

  /** The effective cost of a usable link between two node numbers, in steps. */
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
      const { name, region, address, certificateSha256 = "", host } = relay;
      // A draining relay closes its links: that is no fault.
      const state = relay.draining ? "draining" : lost.has(name) ? "unreachable" : "registered";
      const onHost = host === undefined ? {} : { host };
      nodes.set(name, { name, region, address, state, certificateSha256, ...onHost });
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

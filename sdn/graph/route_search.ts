import type { Graph } from "./graph.ts";

const NONE = -1;
const NOBODY: ReadonlySet<number> = new Set();

/**
 * The best routes from one node to all others, up to `width` for each, no two over the same first
 * link. Routes are ordered by cost, then by number of links, then by the names of their relays.
 *
 * Dijkstra's algorithm with `width` labels at each node instead of one. It is enough to keep the
 * best label for each of `width` different first links: whichever first link the route of another
 * node must avoid, a label that is at least as good remains.
 */
export class RouteSearch {
  readonly #graph: Graph;
  readonly #source: number;
  readonly #width: number;
  // A label is a route to a node. The labels of a node are numbered from `node * width`.
  readonly #cost: Float64Array;
  readonly #hops: Int32Array;
  readonly #first: Int32Array;
  readonly #parent: Int32Array;
  readonly #settled: Uint8Array;
  readonly #used: Int32Array;
  readonly #heap: Int32Array;
  readonly #place: Int32Array;
  #waiting = 0;

  /**
   * Searches from node number `source`; with `target`, stops when the routes to it are known. No route
   * passes through a node of `without`.
   */
  constructor(
    graph: Graph,
    source: number,
    { width, target, without = NOBODY }: {
      width: number;
      target?: number;
      without?: ReadonlySet<number>;
    },
  ) {
    const labels = graph.nodes.length * width;
    this.#graph = graph;
    this.#source = source;
    this.#width = width;
    this.#cost = new Float64Array(labels);
    this.#hops = new Int32Array(labels);
    this.#first = new Int32Array(labels);
    this.#parent = new Int32Array(labels);
    this.#settled = new Uint8Array(labels);
    this.#used = new Int32Array(graph.nodes.length);
    this.#heap = new Int32Array(labels);
    this.#place = new Int32Array(labels);
    this.#run(target, without);
  }

  /** The routes to a node as labels, the best first. */
  routes(node: number): number[] {
    const found: number[] = [];
    for (let label = node * this.#width; label < this.#end(node); label++) {
      if (this.#settled[label] === 1) found.push(label);
    }
    return found.sort((a, b) => this.#isBetter(a, b) ? -1 : 1);
  }

  /** The cost of a route, in steps. */
  steps(label: number): number {
    return this.#cost[label] as number;
  }

  /** The first node of a route after the source. */
  first(label: number): number {
    return this.#first[label] as number;
  }

  /** The nodes of a route, both ends included. */
  path(label: number): number[] {
    const path: number[] = [];
    for (let at = label; at !== NONE; at = this.#parent[at] as number) path.push(this.#node(at));
    return path.reverse();
  }

  #run(target: number | undefined, without: ReadonlySet<number>): void {
    const root = this.#source * this.#width;
    this.#used[this.#source] = 1;
    this.#parent[root] = NONE;
    this.#first[root] = NONE;
    this.#settled[root] = 1;
    this.#expand(root);
    let wanted = target === undefined ? Infinity : this.#width;
    while (this.#waiting > 0 && wanted > 0) {
      const label = this.#takeBest();
      const node = this.#node(label);
      this.#settled[label] = 1;
      if (node === target) wanted--;
      else if (this.#graph.transit[node] === 1 && !without.has(node)) this.#expand(label);
    }
  }

  #expand(label: number): void {
    const { offsets, targets, costs } = this.#graph;
    const node = this.#node(label);
    const end = offsets[node + 1] as number;
    for (let link = offsets[node] as number; link < end; link++) {
      const far = targets[link] as number;
      if (far === this.#source) continue;
      const first = node === this.#source ? far : this.#first[label] as number;
      this.#offer(far, { parent: label, first, cost: this.steps(label) + (costs[link] as number) });
    }
  }

  #offer(node: number, route: { parent: number; first: number; cost: number }): void {
    const begin = node * this.#width;
    const end = this.#end(node);
    let worst = NONE;
    for (let label = begin; label < end; label++) {
      if (this.#first[label] === route.first) {
        if (this.#settled[label] === 0 && this.#improves(label, route)) this.#write(label, route);
        return;
      }
      if (this.#settled[label] === 1) continue;
      if (worst === NONE || this.#isBetter(worst, label)) worst = label;
    }
    if (end < begin + this.#width) {
      this.#used[node] = (this.#used[node] as number) + 1;
      this.#place[end] = this.#waiting;
      this.#heap[this.#waiting++] = end;
      this.#write(end, route);
    } else if (worst !== NONE && this.#improves(worst, route)) {
      this.#write(worst, route);
    }
  }

  #write(label: number, route: { parent: number; first: number; cost: number }): void {
    this.#cost[label] = route.cost;
    this.#hops[label] = (this.#hops[route.parent] as number) + 1;
    this.#first[label] = route.first;
    this.#parent[label] = route.parent;
    this.#rise(label);
  }

  #improves(label: number, route: { parent: number; cost: number }): boolean {
    const cost = this.#cost[label] as number;
    if (route.cost !== cost) return route.cost < cost;
    const hops = (this.#hops[route.parent] as number) + 1 - (this.#hops[label] as number);
    if (hops !== 0) return hops < 0;
    return this.#comesBefore(route.parent, this.#parent[label] as number);
  }

  /** Whether one label's route is better than another's to the same node. */
  #isBetter(a: number, b: number): boolean {
    const cost = (this.#cost[a] as number) - (this.#cost[b] as number);
    if (cost !== 0) return cost < 0;
    const hops = (this.#hops[a] as number) - (this.#hops[b] as number);
    return hops !== 0 ? hops < 0 : this.#comesBefore(a, b);
  }

  /** Compares the names on two routes of the same length, from the source on. */
  #comesBefore(a: number, b: number): boolean {
    let isBefore = false;
    for (let [x, y] = [a, b]; x !== y; x = this.#parent[x] as number) {
      const difference = this.#node(x) - this.#node(y);
      if (difference !== 0) isBefore = difference < 0;
      y = this.#parent[y] as number;
    }
    return isBefore;
  }

  #takeBest(): number {
    const best = this.#heap[0] as number;
    const last = this.#heap[--this.#waiting] as number;
    let here = 0;
    for (;;) {
      let child = 2 * here + 1;
      if (child >= this.#waiting) break;
      if (
        child + 1 < this.#waiting &&
        this.#isNearer(this.#heap[child + 1] as number, this.#heap[child] as number)
      ) child++;
      const below = this.#heap[child] as number;
      if (!this.#isNearer(below, last)) break;
      this.#heap[here] = below;
      this.#place[below] = here;
      here = child;
    }
    this.#heap[here] = last;
    this.#place[last] = here;
    return best;
  }

  #rise(label: number): void {
    let here = this.#place[label] as number;
    while (here > 0) {
      const up = (here - 1) >> 1;
      const above = this.#heap[up] as number;
      if (!this.#isNearer(label, above)) break;
      this.#heap[here] = above;
      this.#place[above] = here;
      here = up;
    }
    this.#heap[here] = label;
    this.#place[label] = here;
  }

  /** Whether a label is settled before another: every link makes a route greater in this order. */
  #isNearer(a: number, b: number): boolean {
    const cost = (this.#cost[a] as number) - (this.#cost[b] as number);
    return cost !== 0 ? cost < 0 : (this.#hops[a] as number) < (this.#hops[b] as number);
  }

  #node(label: number): number {
    return Math.floor(label / this.#width);
  }

  #end(node: number): number {
    return node * this.#width + (this.#used[node] as number);
  }
}

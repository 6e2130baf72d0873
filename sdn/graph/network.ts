import type { Graph } from "./graph.ts";

/** A link that became better or worse, by the places of its ends. */
export interface ChangedLink {
  readonly from: number;
  readonly to: number;
  /** Whether only routes that pass through `from` change: it carries transit now, or no longer. */
  readonly isTransit: boolean;
}

/** What routes may change by. */
export interface NetworkChange {
  /** The number of the change: each follows the one before. */
  readonly number: number;
  /** Links that cost more or are gone. */
  readonly worse: readonly ChangedLink[];
  /** Links that cost less or are new. */
  readonly better: readonly ChangedLink[];
  /** Places whose address is another one. */
  readonly moved: ReadonlySet<number>;
}

interface Place {
  readonly name: string;
  address: string;
  /** Its place in the order of names. */
  rank: number;
  isTransit: boolean;
  /** The cost of each usable link, in steps, by the place of its far end. */
  readonly out: Map<number, number>;
  /** The same of links to this place, by the place that they come from. */
  readonly into: Map<number, number>;
}

/**
 * The usable links of the newest graph, changed in place. A relay keeps its place while it is in the
 * graph, so that routes that were found stay valid but for what {@linkcode Network.update} names.
 */
export class Network {
  readonly #numbers = new Map<string, number>();
  #places: Place[] = [];
  #free: number[] = [];
  /** Places of relays that left: others may use them after the next change. */
  #left: number[] = [];
  #changes = 0;

  /** The number of the newest change. */
  get changes(): number {
    return this.#changes;
  }

  /** The number of places, free ones included. */
  get size(): number {
    return this.#places.length;
  }

  /** The place of a relay. */
  number(name: string): number | undefined {
    return this.#numbers.get(name);
  }

  /** The relay at a place, also one that left with the last change. */
  at(place: number): Readonly<Pick<Place, "name" | "address">> {
    return this.#places[place]!;
  }

  rank(place: number): number {
    return this.#places[place]!.rank;
  }

  /** Whether a relay may forward what others send. */
  isTransit(place: number): boolean {
    return this.#places[place]!.isTransit;
  }

  out(place: number): ReadonlyMap<number, number> {
    return this.#places[place]!.out;
  }

  into(place: number): ReadonlyMap<number, number> {
    return this.#places[place]!.into;
  }

  /** Becomes the network of a graph; returns what changed. */
  update(graph: Graph): NetworkChange {
    this.#free.push(...this.#left);
    this.#left = [];
    const worse: ChangedLink[] = [];
    const better: ChangedLink[] = [];
    const moved = new Set<number>();
    const numbers = graph.nodes.map(({ name }) => this.#numbers.get(name) ?? this.#take(name));
    for (const [number, { address }] of graph.nodes.entries()) {
      const place = numbers[number]!;
      const one = this.#places[place]!;
      one.rank = number;
      if (one.address !== address) moved.add(place);
      one.address = address;
      this.#relink(place, linksOf(graph, number, numbers), { worse, better });
      const isTransit = graph.transit[number] === 1;
      if (isTransit === one.isTransit) continue;
      one.isTransit = isTransit;
      const list = isTransit ? better : worse;
      for (const to of one.out.keys()) list.push({ from: place, to, isTransit: true });
    }
    if (this.#numbers.size > numbers.length) this.#dropOthers(new Set(numbers), worse);
    return { number: ++this.#changes, worse, better, moved };
  }

  #take(name: string): number {
    const number = this.#free.pop() ?? this.#places.length;
    this.#places[number] = {
      name,
      address: "",
      rank: 0,
      isTransit: false,
      out: new Map(),
      into: new Map(),
    };
    this.#numbers.set(name, number);
    return number;
  }

  #relink(
    from: number,
    links: readonly (readonly [to: number, cost: number])[],
    { worse, better }: { worse: ChangedLink[]; better: ChangedLink[] },
  ): void {
    const { out } = this.#places[from]!;
    for (const [to, cost] of links) {
      const before = out.get(to) ?? Infinity;
      if (cost === before) continue;
      (cost < before ? better : worse).push({ from, to, isTransit: false });
      out.set(to, cost);
      this.#places[to]!.into.set(from, cost);
    }
    if (out.size === links.length) return;
    const kept = new Set(links.map(([to]) => to));
    for (const to of out.keys()) if (!kept.has(to)) this.#unlink(from, to, worse);
  }

  #unlink(from: number, to: number, worse: ChangedLink[]): void {
    this.#places[from]!.out.delete(to);
    this.#places[to]!.into.delete(from);
    worse.push({ from, to, isTransit: false });
  }

  /** Nothing links to a relay that is in the graph no more. */
  #dropOthers(kept: ReadonlySet<number>, worse: ChangedLink[]): void {
    for (const [name, place] of this.#numbers) {
      if (kept.has(place)) continue;
      for (const to of [...this.#places[place]!.out.keys()]) this.#unlink(place, to, worse);
      this.#numbers.delete(name);
      this.#left.push(place);
    }
  }
}

function linksOf(graph: Graph, number: number, numbers: readonly number[]) {
  const links: [to: number, cost: number][] = [];
  const end = graph.offsets[number + 1]!;
  for (let at = graph.offsets[number]!; at < end; at++) {
    links.push([numbers[graph.targets[at]!]!, graph.costs[at]!]);
  }
  return links;
}

import type { LabelHeap } from "./label_heap.ts";
import type { Network, NetworkChange } from "./network.ts";

const NONE = -1;
/** The best route to a place, and the best one over another first link. */
const WIDTH = 2;
/**
 * Offers for each place that a repair may take: to find all routes takes some two for each link. A
 * change of very many links at once is not worth repairing.
 */
const OFFERS_PER_PLACE = 12;
/** Places for which there is room beyond those of now. */
const ROOM = 64;

/** How one relay reaches another, by places. */
export interface TableRow {
  readonly next: number;
  /** The first place of the best route over another first link; -1 when there is none. */
  readonly alternate: number;
  /** In steps. */
  readonly cost: number;
}

/**
 * The next hops of one relay, which are those of {@linkcode nextHops}, repaired when links change
 * instead of found anew. It has up to two labels at each place, as a route search has them: routes
 * over different first links, ordered by cost, by number of links, then by names. A change drops the
 * labels whose route has become worse and what follows from them, and offers what may be better; what
 * is better is offered on, until nothing is.
 */
export class RouteTable {
  readonly #network: Network;
  readonly #heap: LabelHeap;
  readonly #source: number;
  #cost = new Float64Array();
  #hops = new Int32Array();
  #first = new Int32Array();
  #parent = new Int32Array();
  #isUsed = new Uint8Array();
  /** Places that lost a label: what leads there is offered again. */
  readonly #hurt = new Set<number>();
  /** Offers that the current change may still make before all routes are found anew instead. */
  #left = Infinity;
  /** The change of the network that its routes follow. */
  #change: number;
  /** The rows of the places that the current change has touched, as they were before it. */
  readonly #before = new Map<number, TableRow | undefined>();

  /** Finds the routes from a place. All tables of a network may share one heap. */
  constructor(network: Network, heap: LabelHeap, source: number) {
    this.#network = network;
    this.#heap = heap;
    this.#source = source;
    this.#change = network.changes;
    this.#begin();
    this.#find();
    this.#before.clear();
  }

  /** How a place is reached; undefined when it is not, and for the source itself. */
  row(place: number): TableRow | undefined {
    if (place === this.#source) return undefined;
    const [a, b] = [place * WIDTH, place * WIDTH + 1];
    if (b >= this.#isUsed.length) return undefined;
    if (this.#isUsed[a] === 0 && this.#isUsed[b] === 0) return undefined;
    if (this.#isUsed[a] === 0 || this.#isUsed[b] === 0) {
      const only = this.#isUsed[a] === 1 ? a : b;
      return { next: this.#first[only]!, alternate: NONE, cost: this.#cost[only]! };
    }
    const [best, other] = this.#isBetter(a, b) ? [a, b] : [b, a];
    return { next: this.#first[best]!, alternate: this.#first[other]!, cost: this.#cost[best]! };
  }

  /**
   * Follows a change of the network; returns the places whose row changed. One that missed a change is
   * found anew: what it takes for routes may lead in a circle.
   */
  repair({ number, worse, better, moved }: NetworkChange): number[] {
    this.#begin();
    const isNext = number === this.#change + 1;
    this.#change = number;
    this.#left = isNext ? this.#network.size * OFFERS_PER_PLACE : 0;
    if (isNext) this.#follow(worse, better);
    if (this.#left <= 0) this.#findAnew();
    const changed = [...this.#before].filter(([place, row]) => !isSame(row, this.row(place)));
    this.#before.clear();
    return [...new Set([...changed.map(([place]) => place), ...this.#over(moved)])];
  }

  /** Repairs the labels, as long as that is less work than to find all routes. */
  #follow(worse: NetworkChange["worse"], better: NetworkChange["better"]): void {
    for (const { from, to, isTransit } of worse) {
      if (isTransit && from === this.#source) continue;
      for (const label of labelsOf(to)) {
        if (this.#isUsed[label] === 1 && placeOf(this.#parent[label]!) === from) this.#drop(label);
      }
    }
    for (const { from, to } of better) this.#offerOver(from, to);
    this.#run();
  }

  /** Finds all routes; what they were is known of the places that were touched. */
  #findAnew(): void {
    for (let place = 0; place < this.#network.size; place++) this.#touch(place);
    this.#isUsed.fill(0);
    this.#hurt.clear();
    this.#heap.clear();
    this.#find();
  }

  #find(): void {
    this.#left = Infinity;
    const root = this.#source * WIDTH;
    this.#isUsed[root] = 1;
    this.#cost[root] = this.#hops[root] = 0;
    this.#parent[root] = this.#first[root] = NONE;
    this.#expand(root);
    this.#run();
  }

  /** Every place that is reached. */
  *reached(): Generator<number> {
    for (let place = 0; place < this.#network.size; place++) {
      if (this.row(place) !== undefined) yield place;
    }
  }

  /** The places whose route begins at one of these. */
  #over(firsts: ReadonlySet<number>): number[] {
    const out = this.#network.out(this.#source);
    if (firsts.size === 0 || ![...firsts].some((one) => out.has(one))) return [];
    return [...this.reached()].filter((place) => {
      const { next, alternate } = this.row(place)!;
      return firsts.has(next) || firsts.has(alternate);
    });
  }

  #begin(): void {
    const { size } = this.#network;
    if (size * WIDTH > this.#isUsed.length) {
      const labels = (size + (size >> 3) + ROOM) * WIDTH;
      this.#cost = grown(this.#cost, new Float64Array(labels));
      this.#hops = grown(this.#hops, new Int32Array(labels));
      this.#first = grown(this.#first, new Int32Array(labels));
      this.#parent = grown(this.#parent, new Int32Array(labels));
      this.#isUsed = grown(this.#isUsed, new Uint8Array(labels));
    }
    this.#heap.begin({ cost: this.#cost, hops: this.#hops });
  }

  #run(): void {
    while (this.#left > 0) {
      for (const place of this.#hurt) {
        if (this.#left <= 0) return;
        this.#hurt.delete(place);
        for (const from of this.#network.into(place).keys()) this.#offerOver(from, place);
      }
      if (this.#heap.isEmpty) return;
      this.#expand(this.#heap.take());
    }
  }

  #expand(label: number): void {
    const place = placeOf(label);
    if (!this.#passes(place)) return;
    for (const [to, cost] of this.#network.out(place)) this.#offer(to, label, cost);
  }

  #passes(place: number): boolean {
    return place === this.#source || this.#network.isTransit(place);
  }

  #offerOver(from: number, to: number): void {
    const cost = this.#network.out(from).get(to);
    if (cost === undefined || !this.#passes(from)) return;
    for (const label of labelsOf(from)) {
      if (this.#isUsed[label] === 1) this.#offer(to, label, cost);
    }
  }

  #offer(place: number, parent: number, link: number): void {
    if (place === this.#source) return;
    this.#left--;
    const first = placeOf(parent) === this.#source ? place : this.#first[parent]!;
    const cost = this.#cost[parent]! + link;
    const [a, b] = [place * WIDTH, place * WIDTH + 1];
    for (const label of labelsOf(place)) {
      if (this.#isUsed[label] === 0 || this.#first[label] !== first) continue;
      if (this.#improves(label, parent, cost)) this.#write(label, { parent, first, cost });
      return;
    }
    if (this.#isUsed[a] === 0) return this.#write(a, { parent, first, cost });
    if (this.#isUsed[b] === 0) return this.#write(b, { parent, first, cost });
    const worst = this.#isBetter(a, b) ? b : a;
    if (!this.#improves(worst, parent, cost)) return;
    this.#drop(worst);
    this.#write(worst, { parent, first, cost });
  }

  #write(label: number, route: { parent: number; first: number; cost: number }): void {
    this.#touch(placeOf(label));
    this.#isUsed[label] = 1;
    this.#cost[label] = route.cost;
    this.#hops[label] = this.#hops[route.parent]! + 1;
    this.#first[label] = route.first;
    this.#parent[label] = route.parent;
    this.#heap.put(label);
  }

  /** Removes a label, and those whose routes go on from it. */
  #drop(given: number): void {
    const dropped = [given];
    for (let label = dropped.pop(); label !== undefined; label = dropped.pop()) {
      const place = placeOf(label);
      this.#touch(place);
      this.#isUsed[label] = 0;
      this.#heap.delete(label);
      this.#hurt.add(place);
      for (const to of this.#network.out(place).keys()) {
        for (const next of labelsOf(to)) {
          if (this.#isUsed[next] === 1 && this.#parent[next] === label) dropped.push(next);
        }
      }
    }
  }

  #touch(place: number): void {
    if (!this.#before.has(place)) this.#before.set(place, this.row(place));
  }

  #improves(label: number, parent: number, cost: number): boolean {
    if (cost !== this.#cost[label]) return cost < this.#cost[label]!;
    const hops = this.#hops[parent]! + 1 - this.#hops[label]!;
    return hops !== 0 ? hops < 0 : this.#comesBefore(parent, this.#parent[label]!);
  }

  /** Whether one label's route is better than another's to the same place. */
  #isBetter(a: number, b: number): boolean {
    const cost = this.#cost[a]! - this.#cost[b]!;
    if (cost !== 0) return cost < 0;
    const hops = this.#hops[a]! - this.#hops[b]!;
    return hops !== 0 ? hops < 0 : this.#comesBefore(a, b);
  }

  /** Compares the names on two routes of the same length, from the source on. */
  #comesBefore(a: number, b: number): boolean {
    let isBefore = false;
    let [x, y] = [a, b];
    // While a route is being repaired its end may still count links that it no longer has.
    while (x !== y && x !== NONE && y !== NONE) {
      const difference = this.#network.rank(placeOf(x)) - this.#network.rank(placeOf(y));
      if (difference !== 0) isBefore = difference < 0;
      [x, y] = [this.#parent[x]!, this.#parent[y]!];
    }
    return isBefore;
  }
}

function placeOf(label: number): number {
  return label >> 1;
}

function labelsOf(place: number): readonly [number, number] {
  return [place * WIDTH, place * WIDTH + 1];
}

function grown<T extends Float64Array | Int32Array | Uint8Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}

function isSame(a: TableRow | undefined, b: TableRow | undefined): boolean {
  return a?.next === b?.next && a?.alternate === b?.alternate && a?.cost === b?.cost;
}

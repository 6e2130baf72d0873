import type { Clock, Timer } from "@qumo/shared/runtime";
import {
  type Graph,
  LabelHeap,
  Network,
  type NetworkChange,
  RouteTable,
  stepsToCost,
} from "../graph/mod.ts";
import { REPAIR_MS, REPAIR_PAUSE } from "./limits.ts";
import { nextHopView } from "./views.ts";

/** A change of one relay's next hops, or all of them. */
export interface RouteLines {
  /** The revision of the graph. */
  readonly revision: number;
  /** By target, as a JSON object: a table of a thousand is written for each of a thousand relays. */
  readonly routes: string;
  readonly count: number;
  /** Targets that are no longer reached. */
  readonly removed: readonly string[];
}

/** The next hops of one relay, for one watcher. */
export interface RouteFollower {
  /** How every target is reached. */
  all(): RouteLines;
  /** How these are reached, or that they are not. */
  of(targets: Iterable<string>): RouteLines;
  close(): void;
}

/** Called with the targets that are reached over other next hops now. */
type Listener = (targets: readonly string[]) => void;

/** The table of one relay with those who follow it. */
interface Followed {
  readonly relay: string;
  readonly listeners: Set<Listener>;
  /** Absent while the relay is in no graph. */
  table?: { readonly place: number; readonly rows: RouteTable } | undefined;
}

/**
 * The next hops of every relay that somebody follows. A new graph changes only those that its
 * differences affect, and only their followers hear of it. The work is done in slices, so that
 * heartbeats are heard in between; graphs that come meanwhile are taken as one.
 */
export class RouteTables {
  readonly #clock: Clock;
  readonly #network = new Network();
  readonly #heap = new LabelHeap();
  readonly #followed = new Map<string, Followed>();
  /** The graph that the tables are of, or are being repaired to be of. */
  #graph: Graph;
  /** A newer graph, which waits until they are. */
  #next: Graph | undefined;
  #slice: Timer | undefined;
  #isRepairing = false;

  constructor(clock: Clock, graph: Graph) {
    this.#clock = clock;
    this.#graph = graph;
    this.#network.update(graph);
  }

  /** Takes the newest graph. */
  update(graph: Graph): void {
    this.#next = graph;
    if (!this.#isRepairing) this.#begin();
  }

  /** Follows the next hops of a relay, which need not be registered. */
  follow(relay: string, changed: Listener): RouteFollower {
    const followed = this.#followed.get(relay) ?? this.#open(relay);
    followed.listeners.add(changed);
    return {
      all: () => this.#lines(followed, followed.table?.rows.reached() ?? []),
      of: (targets) => this.#linesOf(followed, targets),
      close: () => {
        // Closed once: the relay may be followed anew when it is closed again.
        if (!followed.listeners.delete(changed) || followed.listeners.size > 0) return;
        this.#followed.delete(relay);
      },
    };
  }

  /** Stops repairing. */
  close(): void {
    this.#slice?.cancel();
    this.#next = undefined;
  }

  #open(relay: string): Followed {
    const followed: Followed = { relay, listeners: new Set() };
    this.#followed.set(relay, followed);
    this.#place(followed);
    return followed;
  }

  /** Makes a relay's table, if the relay is in the graph. */
  #place(followed: Followed): void {
    const place = this.#network.number(followed.relay);
    followed.table = place === undefined
      ? undefined
      : { place, rows: new RouteTable(this.#network, this.#heap, place) };
  }

  #begin(): void {
    const graph = this.#next;
    this.#next = undefined;
    this.#isRepairing = graph !== undefined && graph !== this.#graph;
    if (graph === undefined || !this.#isRepairing) return;
    this.#graph = graph;
    const change = this.#network.update(graph);
    this.#repair(change, [...this.#followed.values()].values());
  }

  #repair(change: NetworkChange, left: Iterator<Followed>): void {
    const began = this.#clock.now();
    for (let next = left.next(); !next.done; next = left.next()) {
      this.#repairOne(change, next.value);
      const took = this.#clock.now() - began;
      if (took < REPAIR_MS) continue;
      this.#slice = this.#clock.after(took * REPAIR_PAUSE, () => this.#repair(change, left));
      return;
    }
    this.#begin();
  }

  #repairOne(change: NetworkChange, followed: Followed): void {
    const { table, listeners } = followed;
    if (listeners.size === 0) return;
    const isHere = table !== undefined && table.place === this.#network.number(followed.relay);
    if (!isHere) return this.#replace(followed);
    const places = table.rows.repair(change);
    if (places.length > 0) {
      this.#tell(
        followed,
        places.map((place) => this.#network.at(place).name),
      );
    }
  }

  /** A relay came into the graph, or left it. */
  #replace(followed: Followed): void {
    const names = () =>
      [...followed.table?.rows.reached() ?? []].map((place) => this.#network.at(place).name);
    const before = names();
    this.#place(followed);
    const targets = [...new Set([...before, ...names()])];
    if (targets.length > 0) this.#tell(followed, targets);
  }

  #tell({ listeners }: Followed, targets: readonly string[]): void {
    for (const changed of [...listeners]) {
      try {
        changed(targets);
      } catch (error) {
        // It is reported and keeps no table from being repaired: one that misses a change stays wrong.
        void Promise.reject(error);
      }
    }
  }

  #linesOf(followed: Followed, targets: Iterable<string>): RouteLines {
    const removed: string[] = [];
    const places: number[] = [];
    for (const target of targets) {
      const place = this.#network.number(target);
      const isReached = place !== undefined && followed.table?.rows.row(place) !== undefined;
      if (isReached) places.push(place);
      else removed.push(target);
    }
    return { ...this.#lines(followed, places), removed };
  }

  #lines({ table }: Followed, places: Iterable<number>): RouteLines {
    const hops = new Map<string, string>();
    let [text, count] = ["", 0];
    for (const place of places) {
      const { next, alternate, cost } = table!.rows.row(place)!;
      const key = `${next} ${alternate}`;
      const hop = hops.get(key) ?? this.#hopText(next, alternate);
      hops.set(key, hop);
      const name = JSON.stringify(this.#network.at(place).name);
      text += `${count++ === 0 ? "" : ","}${name}:${hop}${stepsToCost(cost)}}`;
    }
    return { revision: this.#graph.revision, routes: `{${text}}`, count, removed: [] };
  }

  /** How a target is reached over these relays, as JSON up to the cost. */
  #hopText(next: number, alternate: number): string {
    const other = alternate < 0 ? undefined : this.#network.at(alternate);
    const text = JSON.stringify(nextHopView({ next: this.#network.at(next), other, steps: 0 }));
    return text.slice(0, -"0}".length);
  }
}

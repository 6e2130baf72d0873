/** What tracks would find on meshes that are laid out over a region, a continent and a planet. */
// deno-lint-ignore-file no-console
import { systemClock } from "@qumo/shared/runtime";
import { distances, Graph, type GraphRelay, nextHops, stepsToCost } from "../../sdn/graph/mod.ts";
import {
  type City,
  gateways,
  type Layout,
  LAYOUTS,
  relayName,
  relaysOf,
  roundTrip,
} from "./layouts.ts";

/** What one layout costs, and what it survives. */
export interface LayoutReport {
  readonly name: string;
  readonly relays: number;
  readonly links: number;
  /** The most links that one relay has. */
  readonly mostLinks: number;
  /** Links on the way of a track. */
  readonly hops: Spread;
  /** Round-trip time on the way of a track, in milliseconds. */
  readonly rtt: Spread;
  /** The same over that of a link between both cities alone. */
  readonly stretch: Spread;
  /** The most links between regions that one track crosses when all relays have a viewer of it. */
  readonly longHauls: number;
  /** Pairs of relays that have no route when any one gateway is dead. */
  readonly cutOff: number;
  /** Round-trip time on the longest way with the worst gateway dead. */
  readonly worstRtt: number;
  /** What the controller needs to make the graph, and a relay's table of next hops. */
  readonly milliseconds: { readonly graph: number; readonly table: number };
}

/** A median, and the greatest. */
export interface Spread {
  readonly p50: number;
  readonly max: number;
}

/** Prints a table of all layouts. */
export function benchLayouts(): void {
  console.table(LAYOUTS.map(measureLayout).map(rowOf));
}

/** Walks every way from one relay of each city to all relays. */
export function measureLayout(layout: Layout): LayoutReport {
  const relays = relaysOf(layout);
  const began = systemClock.now();
  const graph = graphOf(relays);
  const made = systemClock.now();
  const next = new Map(relays.map(({ name }) => [name, tableOf(graph, name)]));
  const tables = systemClock.now();
  const cityOf = new Map(
    layout.cities.flatMap((city) => numbered(layout, city).map((name) => [name, city] as const)),
  );
  const hops: number[] = [];
  const stretch: number[] = [];
  let longHauls = 0;
  for (const source of sourcesOf(layout)) {
    const crossed = new Set<string>();
    for (const { name } of relays) {
      const path = pathTo(source, name, next);
      hops.push(path.length - 1);
      const way = path.slice(1).map((relay, at) => [path[at]!, relay] as const);
      for (const [a, b] of way) {
        if (cityOf.get(a)!.region !== cityOf.get(b)!.region) crossed.add(`${a} ${b}`);
      }
      const ends = [cityOf.get(source)!, cityOf.get(name)!] as const;
      if (ends[0] === ends[1]) continue;
      const sum = way.reduce((total, [a, b]) => total + costOf(graph, a, b), 0);
      stretch.push(sum / roundTrip(...ends));
    }
    longHauls = Math.max(longHauls, crossed.size);
  }
  const rtts = sourcesOf(layout).flatMap((source) => roundTripsFrom(graph, source));
  return {
    name: layout.name,
    relays: relays.length,
    links: relays.reduce((sum, { links }) => sum + links.size, 0) / 2,
    mostLinks: Math.max(...relays.map(({ links }) => links.size)),
    hops: spreadOf(hops),
    rtt: spreadOf(rtts),
    stretch: spreadOf(stretch),
    longHauls,
    ...afterDeaths(layout, relays),
    milliseconds: { graph: made - began, table: (tables - made) / relays.length },
  };
}

/** What is left when one gateway after the other is dead. */
function afterDeaths(
  layout: Layout,
  relays: readonly GraphRelay[],
): Pick<LayoutReport, "cutOff" | "worstRtt"> {
  let cutOff = 0;
  let worstRtt = 0;
  for (const dead of gateways(layout)) {
    const graph = graphOf(
      relays.filter(({ name }) => name !== dead).map((relay) => ({
        ...relay,
        links: new Map([...relay.links].filter(([name]) => name !== dead)),
      })),
    );
    for (const source of sourcesOf(layout).filter((name) => name !== dead)) {
      const rtts = roundTripsFrom(graph, source);
      cutOff += relays.length - 1 - rtts.length;
      worstRtt = Math.max(worstRtt, ...rtts);
    }
  }
  return { cutOff, worstRtt };
}

/** Where tracks are published: at one relay of each city, that which is linked to others least. */
function sourcesOf({ cities, relaysPerCity }: Layout): readonly string[] {
  return cities.map((city) => relayName(city, relaysPerCity));
}

function numbered({ relaysPerCity }: Layout, city: City): readonly string[] {
  return Array.from({ length: relaysPerCity }, (_, place) => relayName(city, place + 1));
}

function graphOf(relays: Iterable<GraphRelay>): Graph {
  return new Graph(relays, { revision: 1, policy: { kind: "static" }, oneWayLinks: false, now: 0 });
}

function tableOf(graph: Graph, relay: string): ReadonlyMap<string, string> {
  return new Map(nextHops(graph, relay)!.map(({ target, nextHop }) => [target, nextHop]));
}

/** The relays between a source and who asks for its track, each of which has its own next hop. */
function pathTo(
  source: string,
  relay: string,
  next: ReadonlyMap<string, ReadonlyMap<string, string>>,
): readonly string[] {
  const path = [relay];
  while (path[0] !== source) path.unshift(next.get(path[0]!)!.get(source)!);
  return path;
}

function costOf(graph: Graph, a: string, b: string): number {
  return graph.declared(a).get(b)!.cost;
}

function roundTripsFrom(graph: Graph, source: string): readonly number[] {
  return [...distances(graph, source).values()].map(stepsToCost);
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { p50: sorted[Math.floor(sorted.length / 2)]!, max: sorted.at(-1)! };
}

function rowOf(report: LayoutReport): Record<string, string | number> {
  const { name, relays, links, mostLinks, hops, rtt, stretch, longHauls, cutOff, worstRtt } =
    report;
  const both = ({ p50, max }: Spread, digits: number) =>
    `${p50.toFixed(digits)} / ${max.toFixed(digits)}`;
  return {
    layout: name,
    relays,
    links,
    "of one relay": mostLinks,
    "hops p50 / max": both(hops, 0),
    "RTT ms p50 / max": both(rtt, 0),
    "over direct p50 / max": both(stretch, 2),
    "long-haul copies": longHauls,
    "cut off by a death": cutOff,
    "RTT ms at the worst": Math.round(worstRtt),
    "graph ms": report.milliseconds.graph.toFixed(1),
    "table ms": report.milliseconds.table.toFixed(2),
  };
}

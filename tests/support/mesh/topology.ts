import { Random } from "../random.ts";

/** A link between two relays that costs the same in both directions. */
export interface TopologyLink {
  readonly a: string;
  readonly b: string;
  readonly cost: number;
}

/** Relays by name, and how they are linked. */
export interface Topology {
  readonly relays: readonly string[];
  readonly links: readonly TopologyLink[];
}

/** Links as text, `tokyo-london:250 london-newyork:80`, the relays in the order they are named. */
export function topology(text: string): Topology {
  const links = text.trim().split(/\s+/).map((word) => {
    const [, a, b, cost] = /^(\w+)-(\w+):(\d+)$/.exec(word) ?? [];
    if (a === undefined || b === undefined) throw new Error(`Not a link: ${word}`);
    return { a, b, cost: Number(cost) };
  });
  return { relays: [...new Set(links.flatMap(({ a, b }) => [a, b]))], links };
}

/** Each relay linked to the next one. */
export function chain(...relays: readonly string[]): Topology {
  return topology(relays.slice(1).map((relay, at) => `${relays[at]}-${relay}:10`).join(" "));
}

/** From `west` to `east` by `north` when it is there, else by `south`. */
export function diamond(): Topology {
  return topology("west-north:10 north-east:10 west-south:20 south-east:20");
}

/** So many relays in a ring, and a chord for every third of them, laid by the seed. */
export function ringWithChords(count: number, seed: number): Topology {
  const random = new Random(seed);
  const name = (at: number) => `r${at % count}`;
  const links = new Map<string, TopologyLink>();
  const link = (from: number, to: number) => {
    const [a = "", b = ""] = [name(from), name(to)].sort();
    links.set(`${a} ${b}`, { a, b, cost: 10 + random.below(10) });
  };
  for (let at = 0; at < count; at++) link(at, at + 1);
  for (let chords = 0; chords < Math.ceil(count / 3); chords++) {
    const from = random.below(count);
    link(from, from + 2 + random.below(count - 3));
  }
  return { relays: Array.from({ length: count }, (_, at) => name(at)), links: [...links.values()] };
}

/** What each link of a relay costs, by the neighbor's name. */
export function neighborsOf({ links }: Topology, relay: string): Record<string, number> {
  const neighbors: Record<string, number> = {};
  for (const { a, b, cost } of links) {
    if (a === relay) neighbors[b] = cost;
    if (b === relay) neighbors[a] = cost;
  }
  return neighbors;
}

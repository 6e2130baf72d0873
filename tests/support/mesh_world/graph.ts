import type { NextHopLine } from "../../../relay/control_plane/mod.ts";

/** What each relay's usable links cost, by the names of their two ends. */
export type Costs = ReadonlyMap<string, ReadonlyMap<string, number>>;

interface Way {
  readonly cost: number;
  readonly hops: number;
  /** The neighbor that it begins with. */
  readonly first: string;
}

/**
 * Where each relay sends what is meant for another: the slow, obvious way. Ties go to fewer hops, then
 * to the name; the alternate is the best way that does not begin with the same link.
 */
export function nextHops(costs: Costs, from: string): Map<string, NextHopLine> {
  const lines = new Map<string, NextHopLine>();
  const neighbors = [...costs.get(from) ?? []];
  const onward = new Map(neighbors.map(([first]) => [first, distances(costs, first, from)]));
  for (const target of costs.keys()) {
    if (target === from) continue;
    const ways = neighbors.flatMap(([first, cost]): Way[] => {
      const rest = onward.get(first)!.get(target);
      return rest === undefined ? [] : [{ first, cost: cost + rest.cost, hops: 1 + rest.hops }];
    });
    const [best, other] = ways.sort((a, b) =>
      a.cost - b.cost || a.hops - b.hops || (a.first < b.first ? -1 : 1)
    );
    if (best === undefined) continue;
    lines.set(target, { nextHop: best.first, alternate: other?.first, cost: best.cost });
  }
  return lines;
}

/** How far every relay is from one, on ways that do not cross `avoided`. */
function distances(
  costs: Costs,
  from: string,
  avoided: string,
): Map<string, { cost: number; hops: number }> {
  const known = new Map([[from, { cost: 0, hops: 0 }]]);
  for (let hasChanged = true; hasChanged;) {
    hasChanged = false;
    for (const [name, { cost, hops }] of [...known]) {
      for (const [neighbor, step] of costs.get(name) ?? []) {
        if (neighbor === avoided) continue;
        const found = { cost: cost + step, hops: hops + 1 };
        const best = known.get(neighbor);
        const isBetter = best === undefined || found.cost < best.cost ||
          found.cost === best.cost && found.hops < best.hops;
        if (!isBetter) continue;
        known.set(neighbor, found);
        hasChanged = true;
      }
    }
  }
  return known;
}

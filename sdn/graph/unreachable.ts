import type { GraphLink, GraphRelay } from "./relay.ts";

type Linked = Pick<GraphRelay, "name" | "links">;

/**
 * The relays that have a lease and that no neighbor reaches: a neighbor reports its link as down,
 * the relay itself has not noticed, and no reachable neighbor reports the link as up. A link that
 * both ends report as down is a fault of the link, not of the relay.
 */
export function unreachable(relays: ReadonlyMap<string, Linked>): ReadonlySet<string> {
  const suspects = new Map<string, string[]>();
  for (const { name, links } of relays.values()) {
    let isAccused = false;
    const vouchers: string[] = [];
    for (const [neighbor, own] of links) {
      const word = relays.get(neighbor)?.links.get(name);
      if (word?.up === true) vouchers.push(neighbor);
      else if (word !== undefined && own.up) isAccused = true;
    }
    if (isAccused) suspects.set(name, vouchers);
  }
  // Relays that failed together still report each other as up: repeat until nothing changes.
  for (let isSettled = false; !isSettled;) {
    isSettled = true;
    for (const [name, vouchers] of suspects) {
      if (vouchers.every((one) => suspects.has(one))) continue;
      suspects.delete(name);
      isSettled = false;
    }
  }
  return new Set(suspects.keys());
}

/** The neighbors that report their link to a relay as down. */
export function accusers(relays: ReadonlyMap<string, Linked>, name: string): string[] {
  const own: ReadonlyMap<string, GraphLink> = relays.get(name)?.links ?? new Map();
  return [...own.keys()].filter((neighbor) => {
    return relays.get(neighbor)?.links.get(name)?.up === false;
  });
}

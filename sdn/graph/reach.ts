import type { GraphLink, GraphRelay } from "./relay.ts";

type Linked = Pick<GraphRelay, "name" | "links">;

/**
 * The relays that have a lease and that nobody reaches any more: a neighbor says that its link is
 * down, the relay itself has not noticed, and no neighbor that is reached itself says otherwise. A
 * link that both ends call down is a fault of the link: a relay that says so is there to say it.
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
  // Relays that went together still vouch for each other, with what each said last.
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

/** The neighbors that say that they do not reach a relay. */
export function accusers(relays: ReadonlyMap<string, Linked>, name: string): string[] {
  const own: ReadonlyMap<string, GraphLink> = relays.get(name)?.links ?? new Map();
  return [...own.keys()].filter((neighbor) => {
    return relays.get(neighbor)?.links.get(name)?.up === false;
  });
}

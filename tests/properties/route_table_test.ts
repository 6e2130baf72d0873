import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty } from "../support/properties.ts";
import { Graph, type GraphRelay, nextHops } from "../../sdn/graph/mod.ts";
import { LabelHeap } from "../../sdn/graph/label_heap.ts";
import { Network } from "../../sdn/graph/network.ts";
import { RouteTable } from "../../sdn/graph/route_table.ts";

// Few costs and many links, so that there are ties of every kind.
const cost = fc.constantFrom(0, 0, 1, 1, 2, 3, 7);
const size = fc.integer({ min: 2, max: 10 });

/** One thing that happens to a network of so many relays. */
const change = fc.record({
  kind: fc.constantFrom("link", "link", "link", "unlink", "unlink", "drain", "leave", "move"),
  from: fc.nat(9),
  to: fc.nat(9),
  cost,
});
const course = fc.record({
  size,
  links: fc.array(fc.tuple(fc.nat(9), fc.nat(9), cost), { maxLength: 40 }),
  changes: fc.array(fc.array(change, { minLength: 1, maxLength: 4 }), { maxLength: 12 }),
  late: fc.nat(9),
});

/** Relays that come, go, drain and link to each other. */
class World {
  readonly relays = new Map<string, { -readonly [Key in keyof GraphRelay]: GraphRelay[Key] }>();
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  name(number: number): string {
    return `r${number % this.#size}`;
  }

  relay(name: string) {
    const known = this.relays.get(name) ??
      { name, region: "", address: `https://${name}`, draining: false, links: new Map() };
    this.relays.set(name, known);
    return known;
  }

  link(from: string, to: string, cost: number | undefined): void {
    if (from === to) return;
    const relay = this.relay(from);
    const links = new Map(relay.links);
    if (cost === undefined) links.delete(to);
    else links.set(to, { cost, up: true });
    relay.links = links;
  }

  happen({ kind, from, to, cost }: typeof change extends fc.Arbitrary<infer T> ? T : never): void {
    const [a, b] = [this.name(from), this.name(to)];
    if (kind === "link") this.link(a, b, cost);
    else if (kind === "unlink") this.link(a, b, undefined);
    else if (kind === "leave") this.relays.delete(a);
    else if (kind === "move") this.relay(a).address += "x";
    else this.relay(a).draining = !this.relay(a).draining;
  }

  graph(): Graph {
    return new Graph([...this.relays.values()].map((one) => ({ ...one })), {
      revision: 1,
      policy: { kind: "static" },
      oneWayLinks: true,
      now: 0,
    });
  }
}

function rowsOf(network: Network, table: RouteTable) {
  return [...table.reached()].map((place) => {
    const { next, alternate, cost: steps } = table.row(place)!;
    return {
      target: network.at(place).name,
      nextHop: network.at(next).name,
      ...(alternate >= 0 && { alternate: network.at(alternate).name }),
      steps,
    };
  }).sort((a, b) => a.target < b.target ? -1 : 1);
}

Deno.test("next hops that are repaired are those that are found anew, and what changed is told", async () => {
  await checkProperty(
    fc.property(course, ({ size, links, changes, late }) => {
      const world = new World(size);
      for (let number = 0; number < size; number++) world.relay(world.name(number));
      for (const [from, to, cost] of links) world.link(world.name(from), world.name(to), cost);
      const network = new Network();
      const heap = new LabelHeap();
      network.update(world.graph());
      const tables = new Map<string, RouteTable>();
      const known = new Map<string, Map<string, string>>();
      const follow = (name: string) => {
        const place = network.number(name);
        if (place === undefined) return;
        const table = new RouteTable(network, heap, place);
        tables.set(name, table);
        known.set(name, new Map(rowsOf(network, table).map((row) => [row.target, textOf(row)])));
      };
      const textOf = (row: { nextHop: string }) =>
        JSON.stringify([row, network.at(network.number(row.nextHop)!).address]);
      for (let number = 0; number < size; number++) {
        if (number !== late) follow(world.name(number));
      }
      for (const [time, some] of changes.entries()) {
        for (const one of some) world.happen(one);
        const graph = world.graph();
        const change = network.update(graph);
        for (const [name, table] of tables) {
          if (network.number(name) === undefined) {
            tables.delete(name);
            continue;
          }
          const touched = table.repair(change);
          const rows = rowsOf(network, table);
          assert.deepEqual(rows, nextHops(graph, name));
          for (const place of touched) known.get(name)!.delete(network.at(place).name);
          const now = new Map(rows.map((row) => [row.target, textOf(row)]));
          for (const [target, text] of known.get(name)!) assert.equal(now.get(target), text);
          known.set(name, now);
        }
        if (time === 3) follow(world.name(late));
      }
    }),
    { numRuns: 2000 },
  );
});

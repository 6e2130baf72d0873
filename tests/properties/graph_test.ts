import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty } from "../support/properties.ts";
import { findRoutes, Graph, type GraphRelay, nextHops, type Route } from "../../sdn/graph/mod.ts";

const link = fc.record({
  to: fc.nat(),
  cost: fc.constantFrom(0, 0, 1, 1, 2, 3, 0.1, 7.5),
  isUp: fc.nat(9).map((n) => n > 0),
});
const relay = fc.record({
  lives: fc.nat(9).map((n) => n > 0),
  draining: fc.nat(6).map((n) => n === 0),
  links: fc.array(link, { maxLength: 4 }),
});
const world = fc.record({
  relays: fc.array(relay, { minLength: 1, maxLength: 9 }),
  oneWayLinks: fc.boolean(),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

const name = (number: number) => `r${number}`;

function relaysOf({ relays }: World): GraphRelay[] {
  return relays.flatMap((given, number) =>
    given.lives
      ? [{
        name: name(number),
        region: "",
        address: "",
        draining: given.draining,
        links: new Map(
          given.links.map((one) => [one.to % relays.length, one] as const)
            .filter(([to]) => to !== number)
            .map(([to, one]) => [name(to), { cost: one.cost, up: one.isUp }]),
        ),
      }]
      : []
  );
}

function graphOf(given: World, order: (relays: GraphRelay[]) => GraphRelay[] = (same) => same) {
  return new Graph(order(relaysOf(given)), {
    revision: 1,
    policy: { kind: "static" },
    oneWayLinks: given.oneWayLinks,
    now: 0,
  });
}

/** The cost of the best route between each two nodes, by Floyd and Warshall, straight from the input. */
class Oracle {
  readonly names: string[];
  readonly direct = new Map<string, number>();
  readonly best = new Map<string, number>();
  readonly #relays: Map<string, GraphRelay>;

  constructor(given: World, { without }: { without?: [from: string, to: string][] } = {}) {
    this.#relays = new Map(relaysOf(given).map((one) => [one.name, one]));
    const stubs = [...this.#relays.values()].flatMap((one) => [...one.links.keys()]);
    this.names = [...new Set([...this.#relays.keys(), ...stubs])];
    for (const from of this.#relays.values()) {
      for (const [to, { cost, up }] of from.links) {
        const back = this.#relays.get(to)?.links.get(from.name);
        if (!up || back?.up === false || (back === undefined && !given.oneWayLinks)) continue;
        if (without?.some(([a, b]) => a === from.name && b === to)) continue;
        this.direct.set(`${from.name} ${to}`, Math.round(cost * 10_000));
      }
    }
    this.best = new Map(this.direct);
    for (const middle of this.names.filter((one) => this.carries(one))) {
      for (const from of this.names) {
        for (const to of this.names) {
          const sum = this.cost(from, middle) + this.cost(middle, to);
          if (from !== to && sum < this.cost(from, to)) this.best.set(`${from} ${to}`, sum);
        }
      }
    }
  }

  carries(node: string): boolean {
    const relay = this.#relays.get(node);
    return relay !== undefined && !relay.draining;
  }

  cost(from: string, to: string): number {
    return this.best.get(`${from} ${to}`) ?? Infinity;
  }

  /** Checks that a route exists, link by link, and costs what it says. */
  verify(route: Route, from: string, to: string): void {
    assert.equal(route.path[0], from);
    assert.equal(route.path.at(-1), to);
    assert.equal(route.nextHop, route.path[1]);
    assert.equal(new Set(route.path).size, route.path.length);
    for (const middle of route.path.slice(1, -1)) assert.ok(this.carries(middle), middle);
    const steps = route.path.slice(1).map((node, i) => this.direct.get(`${route.path[i]} ${node}`));
    assert.equal(steps.reduce<number>((sum, one) => sum + (one ?? NaN), 0), route.steps);
  }
}

function check(property: fc.IProperty<[World]>, numRuns = 2000): void {
  checkProperty(property, { numRuns });
}

function pairs(names: readonly string[]): [string, string][] {
  return names.flatMap((from) => names.filter((to) => to !== from).map((to) => [from, to] as const))
    .map(([from, to]) => [from, to]);
}

Deno.test("routes cost what the slow, obvious method finds, and never pass a stub or a drain", () => {
  check(fc.property(world, (given) => {
    const graph = graphOf(given);
    const oracle = new Oracle(given);
    assert.deepEqual(graph.nodes.map((node) => node.name), oracle.names.sort());
    for (const [from, to] of pairs(oracle.names)) {
      const found = findRoutes(graph, { from, to });
      if (found === "no_path") assert.equal(oracle.cost(from, to), Infinity, `${from} ${to}`);
      else if (typeof found === "string") assert.fail(found);
      else {
        assert.equal(found[0]?.steps, oracle.cost(from, to), `${from} ${to}`);
        oracle.verify(found[0] as Route, from, to);
      }
    }
  }));
});

Deno.test("each alternate is the best route that avoids the first links before it", () => {
  check(
    fc.property(world, (given) => {
      const graph = graphOf(given);
      for (const [from, to] of pairs(graph.nodes.map((node) => node.name))) {
        const found = findRoutes(graph, { from, to, alternates: 3 });
        const routes = typeof found === "string" ? [] : found;
        const avoided: [string, string][] = [];
        for (const route of routes) {
          const oracle = new Oracle(given, { without: avoided });
          assert.equal(route.steps, oracle.cost(from, to));
          oracle.verify(route, from, to);
          avoided.push([from, route.nextHop]);
        }
        if (routes.length < 4) {
          assert.equal(new Oracle(given, { without: avoided }).cost(from, to), Infinity);
        }
      }
    }),
    120,
  );
});

Deno.test("the table, the routes and the next hop's own route agree: nothing goes in circles", () => {
  check(fc.property(world, (given) => {
    const graph = graphOf(given);
    for (const { name: from } of graph.nodes) {
      const table = new Map(nextHops(graph, from)?.map((line) => [line.target, line]));
      for (const { name: to } of graph.nodes) {
        const found = findRoutes(graph, { from, to, alternates: 1 });
        const [best, other] = typeof found === "string" ? [] : found;
        const line = table.get(to);
        if (from === to) continue;
        assert.deepEqual([line?.nextHop, line?.steps], [best?.nextHop, best?.steps]);
        assert.equal(line?.alternate, other?.nextHop);
        if (best === undefined || best.nextHop === to) continue;
        const onward = findRoutes(graph, { from: best.nextHop, to });
        assert.deepEqual(typeof onward === "string" ? onward : onward[0]?.path, best.path.slice(1));
      }
    }
  }));
});

Deno.test("the answer does not depend on the order in which relays and links were given", () => {
  check(fc.property(world, (given) => {
    const mixed = (relays: GraphRelay[]) =>
      relays.toReversed().map((one) => ({ ...one, links: new Map([...one.links].reverse()) }));
    const [one, other] = [graphOf(given), graphOf(given, mixed)];
    for (const [from, to] of pairs(one.nodes.map((node) => node.name))) {
      const query = { from, to, alternates: 2 };
      assert.deepEqual(findRoutes(one, query), findRoutes(other, query));
    }
  }));
});

import assert from "node:assert/strict";
import type { CostPolicy } from "./cost.ts";
import { stepsToCost } from "./cost.ts";
import { explain } from "./explain.ts";
import { Graph, type GraphOptions } from "./graph.ts";
import type { GraphLink, GraphRelay } from "./relay.ts";
import { findRoutes, nextHops } from "./routes.ts";

type Links = Record<string, number | (Partial<GraphLink>)>;
type Given = Partial<Omit<GraphRelay, "links">> & { links?: Links };

function graph(relays: Record<string, Given>, options: Partial<GraphOptions> = {}): Graph {
  const list = Object.entries(relays).map(([name, given]): GraphRelay => ({
    name,
    region: "",
    address: `https://${name}:4433`,
    draining: false,
    ...given,
    links: new Map(
      Object.entries(given.links ?? {}).map(([to, link]) => [
        to,
        { cost: 1, up: true, ...(typeof link === "number" ? { cost: link } : link) },
      ]),
    ),
  }));
  return new Graph(list, {
    revision: 1,
    policy: { kind: "static" },
    oneWayLinks: true,
    now: 0,
    ...options,
  });
}

function routes(on: Graph, from: string, to: string, alternates = 0) {
  const found = findRoutes(on, { from, to, alternates });
  if (typeof found === "string") return found;
  return found.map((route) => `${route.path.join(">")} ${stepsToCost(route.steps)}`);
}

const best = (on: Graph, from: string, to: string) => routes(on, from, to)[0];

Deno.test("upstream's demo: Tokyo reaches New York through London for 330", () => {
  const demo = graph({
    tokyo: { links: { london: 250 } },
    london: { links: { tokyo: 250, newyork: 80 } },
    newyork: { links: { london: 80 } },
  });
  assert.equal(best(demo, "tokyo", "newyork"), "tokyo>london>newyork 330");
  assert.deepEqual(routes(demo, "tokyo", "tokyo", 3), ["tokyo 0"]);
  assert.equal(routes(demo, "paris", "tokyo"), "unknown_source");
  assert.equal(routes(demo, "tokyo", "paris"), "unknown_target");
});

Deno.test("decimal costs add up as on paper", () => {
  const on = graph({ a: { links: { b: 0.1 } }, b: { links: { c: 0.2 } }, c: {} });
  assert.equal(best(on, "a", "c"), "a>b>c 0.3");
});

Deno.test("a link that one end declares is used from that end, unless both must declare it", () => {
  const relays = { a: { links: { b: 1 } }, b: {} };
  assert.equal(best(graph(relays), "a", "b"), "a>b 1");
  assert.equal(routes(graph(relays), "b", "a"), "no_path");
  assert.equal(routes(graph(relays, { oneWayLinks: false }), "a", "b"), "no_path");
});

Deno.test("a link that either end reports down is used by neither", () => {
  const on = graph({ a: { links: { b: 1 } }, b: { links: { a: { up: false } } } });
  assert.equal(routes(on, "a", "b"), "no_path");
  assert.equal(routes(on, "b", "a"), "no_path");
  assert.equal(on.linkState("a", "b"), "down");
});

Deno.test("stubs and draining relays are reached and never passed through", () => {
  const links = { stub: 1, drained: 1, long: 10 };
  const on = graph({
    a: { links },
    drained: { draining: true, links: { z: 1, a: 1 } },
    long: { links: { z: 10 } },
    z: { links: { stub: 1 } },
  });
  assert.equal(best(on, "a", "z"), "a>long>z 20");
  assert.equal(best(on, "a", "drained"), "a>drained 1");
  assert.equal(best(on, "a", "stub"), "a>stub 1");
  assert.equal(best(on, "drained", "z"), "drained>z 1");
  assert.deepEqual(on.nodes.map((node) => node.state), [
    "registered",
    "draining",
    "registered",
    "never_registered",
    "registered",
  ]);
});

Deno.test("ties go to fewer links, then to the earlier names from the source on", () => {
  const on = graph({
    a: { links: { b: 0, c: 0, d: 0 } },
    b: { links: { y: 0 } },
    c: { links: { x: 0 } },
    d: { links: { z: 0, e: 0 } },
    e: { links: { z: 0 } },
    x: { links: { z: 0 } },
    y: { links: { z: 0 } },
    z: {},
  });
  assert.deepEqual(routes(on, "a", "z", 5), ["a>d>z 0", "a>b>y>z 0", "a>c>x>z 0"]);
});

Deno.test("the next-hop table has the alternate that does not share the first link", () => {
  const on = graph({
    a: { links: { b: 1, c: 5 } },
    b: { links: { d: 1 } },
    c: { links: { d: 1 } },
    d: {},
    lost: {},
  });
  assert.deepEqual(nextHops(on, "a"), [
    { target: "b", nextHop: "b", steps: 10_000 },
    { target: "c", nextHop: "c", steps: 50_000 },
    { target: "d", nextHop: "b", alternate: "c", steps: 20_000 },
  ]);
  assert.equal(nextHops(on, "nobody"), undefined);
});

const hysteresis = { minGain: 0.2, holdMs: 1000 };

Deno.test("the rtt policy uses either end's measurement, and the configured cost without one", () => {
  const policy: CostPolicy = { kind: "rtt", hysteresis };
  const on = graph({
    a: { links: { b: { cost: 9, rttMs: 3.5 }, c: { cost: 9 } } },
    b: { links: { a: {} } },
    c: {},
  }, { policy });
  assert.equal(best(on, "a", "b"), "a>b 3.5");
  assert.equal(best(on, "b", "a"), "b>a 3.5");
  assert.equal(best(on, "a", "c"), "a>c 9");
});

Deno.test("the composite policy weighs cost, rtt, loss and the load of the far end", () => {
  const weights = { cost: 1, rtt: 2, loss: 10, load: 0.5 };
  const on = graph({
    a: { links: { b: { cost: 3, rttMs: 4, loss: 0.01 } } },
    b: { load: { cpu: 0.5 } },
  }, { policy: { kind: "composite", weights, hysteresis } });
  assert.equal(best(on, "a", "b"), `a>b ${3 + 8 + 10 + 25}`);
});

Deno.test("a measured cost counts only when the difference was large and lasted", () => {
  let before: Graph | undefined;
  const at = (now: number, rttMs: number) => {
    before = graph({ a: { links: { b: { rttMs } } }, b: {} }, {
      policy: { kind: "rtt", hysteresis },
      now,
      ...(before && { damping: before.damping }),
    });
    return [best(before, "a", "b"), before.settlesAt];
  };
  assert.deepEqual(at(0, 10), ["a>b 10", Infinity]);
  assert.deepEqual(at(100, 11), ["a>b 10", Infinity]);
  assert.deepEqual(at(200, 5), ["a>b 10", 1200]);
  assert.deepEqual(at(900, 9), ["a>b 10", Infinity]);
  assert.deepEqual(at(1000, 5), ["a>b 10", 2000]);
  assert.deepEqual(at(1500, 20), ["a>b 10", 2500]);
  assert.deepEqual(at(2499, 20), ["a>b 10", 2500]);
  assert.deepEqual(at(2500, 20), ["a>b 20", Infinity]);
});

Deno.test("a changed configured cost counts at once, and so does a link that comes back", () => {
  const policy: CostPolicy = {
    kind: "composite",
    weights: { cost: 1, rtt: 1, loss: 0, load: 0 },
    hysteresis,
  };
  let before: Graph | undefined;
  const at = (link: Partial<GraphLink>) => {
    before = graph({ a: { links: { b: link } }, b: {} }, {
      policy,
      ...(before && { damping: before.damping }),
    });
    return best(before, "a", "b");
  };
  assert.equal(at({ cost: 1, rttMs: 10 }), "a>b 11");
  assert.equal(at({ cost: 1, rttMs: 50 }), "a>b 11");
  assert.equal(at({ cost: 2, rttMs: 50 }), "a>b 52");
  at({ cost: 2, rttMs: 50, up: false });
  assert.equal(at({ cost: 2, rttMs: 10 }), "a>b 12");
});

Deno.test("explain() shows how each link's cost came about and which candidates lost", () => {
  const on = graph({
    a: { links: { b: 1, c: 1, d: 3, e: { up: false }, f: 1, g: 1, h: 2 } },
    b: { links: { z: 1 } },
    c: { links: { z: 1 } },
    d: { links: { z: 1 } },
    f: { draining: true, links: { z: 1 } },
    g: {},
    h: { links: { b: 0 } },
    z: {},
  });
  const told = explain(on, { from: "a", to: "z" });
  assert.deepEqual(told.links[0], {
    from: "a",
    to: "b",
    steps: 10_000,
    measuredSteps: 10_000,
    terms: [{ term: "cost", value: 1, weight: 1 }],
  });
  assert.deepEqual(told.candidates.map((one) => `${one.first} ${one.verdict}`), [
    "b chosen",
    "c comes_later_by_name",
    "d costs_more",
    "e link_down",
    "f carries_no_transit",
    "g no_path",
    "h costs_more",
  ]);
  const strict = graph({ a: { links: { b: 1 } }, b: {} }, { oneWayLinks: false });
  assert.deepEqual(explain(strict, { from: "a", to: "b" }), {
    links: [],
    candidates: [{ first: "b", verdict: "declared_by_one_end" }],
  });
});

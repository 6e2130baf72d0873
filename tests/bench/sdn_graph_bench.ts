/** Route query, next-hop table and graph building on random relay networks of three sizes. */
import { findRoutes, Graph, type GraphRelay, nextHops } from "../../sdn/graph/mod.ts";

const LINKS_PER_RELAY = 8;

/** A network in which every relay reaches every other: a ring, and random links across it. */
function network(size: number): Graph {
  let state = 1;
  const random = (below: number) => (state = (state * 48271) % 0x7fffffff) % below;
  const relays = Array.from({ length: size }, (_, i): GraphRelay => {
    const links = new Map([[`relay-${(i + 1) % size}`, { cost: 1 + random(100), up: true }]]);
    while (links.size < LINKS_PER_RELAY) {
      links.set(`relay-${random(size)}`, { cost: 1 + random(300), up: true });
    }
    links.delete(`relay-${i}`);
    return { name: `relay-${i}`, region: "", address: "", draining: false, links };
  });
  return build(relays);
}

function build(relays: Iterable<GraphRelay>): Graph {
  return new Graph(relays, {
    revision: 1,
    policy: { kind: "static" },
    oneWayLinks: true,
    now: 0,
  });
}

for (const size of [100, 1000, 10_000]) {
  const graph = network(size);
  const relays = graph.nodes.map((node) => ({
    ...node,
    draining: false,
    links: graph.declared(node.name),
  }));
  let turn = 0;
  const next = () => `relay-${(turn = (turn + 7919) % size)}`;
  const group = `${size} relays, ${graph.targets.length} links`;
  Deno.bench({
    name: `route, ${size}`,
    group,
    fn: () => void findRoutes(graph, { from: next(), to: next() }),
  });
  Deno.bench({
    name: `route and two alternates, ${size}`,
    group,
    fn: () => void findRoutes(graph, { from: next(), to: next(), alternates: 2 }),
  });
  Deno.bench({ name: `next-hop table, ${size}`, group, fn: () => void nextHops(graph, next()) });
  Deno.bench({ name: `graph from relays, ${size}`, group, fn: () => void build(relays) });
}

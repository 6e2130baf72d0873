import assert from "node:assert/strict";
import { Graph, type GraphRelay, nextHops } from "./mod.ts";
import { LabelHeap } from "./label_heap.ts";
import { Network } from "./network.ts";
import { RouteTable } from "./route_table.ts";

const RELAYS = 400;
/** How far the neighbors of a relay are along a ring. */
const STEPS = [1, 7, 31];

/** A network that counts how often the links of a place are looked at. */
class CountingNetwork extends Network {
  looks = 0;

  override out(place: number) {
    this.looks++;
    return super.out(place);
  }

  override into(place: number) {
    this.looks++;
    return super.into(place);
  }
}

/** Relays on a ring with chords, the first `count` of whom are there. */
function ring(count: number, cost: (relay: number) => number = () => 10): Graph {
  const relays = Array.from({ length: count }, (_, relay): GraphRelay => {
    const links = new Map(
      STEPS.flatMap((step) =>
        [relay + step, relay - step + RELAYS].map((far) => {
          const pair = (relay + far % RELAYS) * 13;
          return [`relay-${far % RELAYS}`, { cost: cost(pair), up: true }] as const;
        })
      ),
    );
    return { name: `relay-${relay}`, region: "", address: "", draining: false, links };
  });
  const policy = { kind: "static" } as const;
  return new Graph(relays, { revision: 1, policy, oneWayLinks: false, now: 0 });
}

Deno.test("no change costs a table much more than to find all its routes anew", () => {
  const changes: Readonly<Record<string, [before: Graph, after: Graph]>> = {
    "the ring is closed": [ring(RELAYS - 31), ring(RELAYS, (pair) => 5 + pair % 40)],
    "every link costs more": [ring(RELAYS), ring(RELAYS, (pair) => 11 + pair % 40)],
    "every link costs less": [ring(RELAYS), ring(RELAYS, (pair) => 9 - pair % 9)],
    "half of the relays leave": [ring(RELAYS), ring(RELAYS / 2)],
  };
  for (const [name, [before, after]] of Object.entries(changes)) {
    const network = new CountingNetwork();
    const heap = new LabelHeap();
    network.update(before);
    const table = new RouteTable(network, heap, network.number("relay-0")!);
    const change = network.update(after);
    network.looks = 0;
    new RouteTable(network, heap, network.number("relay-0")!);
    const anew = network.looks;
    network.looks = 0;
    table.repair(change);
    assert.ok(network.looks < 5 * anew, `${name}: ${network.looks} looks instead of ${anew}`);
  }
});

Deno.test("a table that missed a change has the routes of now after the next one", () => {
  const network = new Network();
  network.update(ring(RELAYS));
  const table = new RouteTable(network, new LabelHeap(), network.number("relay-0")!);
  const missed = (pair: number) => pair % 39 === 0 ? 40 : 10;
  network.update(ring(RELAYS, missed));
  const graph = ring(RELAYS, (pair) => pair === 13 * 15 ? 11 : missed(pair));
  table.repair(network.update(graph));
  const rows = [...table.reached()].map((place) => {
    const { next, alternate, cost: steps } = table.row(place)!;
    const target = network.at(place).name;
    const other = alternate < 0 ? undefined : network.at(alternate).name;
    return { target, nextHop: network.at(next).name, ...(other && { alternate: other }), steps };
  });
  const byTarget = (a: { target: string }, b: { target: string }) => a.target < b.target ? -1 : 1;
  assert.deepEqual(rows.sort(byTarget), nextHops(graph, "relay-0"));
});

import assert from "node:assert/strict";
import type { Clock } from "@qumo/shared/runtime";
import { Graph, type GraphRelay } from "../graph/mod.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { RouteTables } from "./route_tables.ts";

/** A graph of these links and their costs, each in both directions. */
function graph(links: readonly (readonly [from: string, to: string, cost: number])[]): Graph {
  const relays = new Map<string, Map<string, { cost: number; up: boolean }>>();
  const link = (from: string, to: string, cost: number) => {
    const known = relays.get(from) ?? new Map();
    relays.set(from, known.set(to, { cost, up: true }));
  };
  for (const [from, to, cost] of links) {
    link(from, to, cost);
    link(to, from, cost);
  }
  const list = [...relays].map(([name, links]): GraphRelay => {
    return { name, region: "", address: "", draining: false, links };
  });
  const policy = { kind: "static" } as const;
  return new Graph(list, { revision: 1, policy, oneWayLinks: true, now: 0 });
}

const RING = [["a", "b", 1], ["b", "c", 1], ["c", "d", 1], ["d", "a", 1]] as const;

/** A clock on which every look at it takes so many milliseconds. */
function slow(clock: ManualClock, milliseconds: number): Clock {
  return {
    now() {
      clock.stop(milliseconds);
      return clock.now();
    },
    wall: () => clock.wall(),
    after: (delay, fire) => clock.after(delay, fire),
  };
}

function tables(clock: Clock = new ManualClock()) {
  const made = new RouteTables(clock, graph(RING));
  const heard: string[] = [];
  const follow = (relay: string) =>
    made.follow(relay, (targets) => void heard.push(`${relay}: ${targets.toSorted().join(" ")}`));
  return { made, heard, follow };
}

Deno.test("a change tells the relays whose next hops it changes, and nobody else", () => {
  const { made, heard, follow } = tables();
  const followers = new Map(["a", "b", "c", "d"].map((name) => [name, follow(name)]));
  made.update(graph(RING));
  assert.deepEqual(heard, []);
  // The ends of a new link have a shorter route, or another one to fall back to; who is beside them not.
  made.update(graph([...RING, ["a", "c", 3]]));
  assert.deepEqual(heard, []);
  made.update(graph([...RING, ["a", "c", 1.5]]));
  assert.deepEqual(heard, ["a: b c d", "c: a b d"]);
  const { routes, removed } = followers.get("a")!.of(["c", "x"]);
  assert.deepEqual(JSON.parse(routes), { c: { next_hop: "c", alternate: "b", cost: 1.5 } });
  assert.deepEqual(removed, ["x"]);
});

Deno.test("who follows a relay hears when it comes into the graph, and when it leaves it", () => {
  const { made, heard, follow } = tables();
  const follower = follow("e");
  assert.equal(follower.all().routes, "{}");
  made.update(graph([...RING, ["e", "a", 1]]));
  assert.deepEqual(heard, ["e: a b c d"]);
  assert.deepEqual(Object.keys(JSON.parse(follower.all().routes)).sort(), ["a", "b", "c", "d"]);
  made.update(graph(RING));
  assert.deepEqual(heard[1], "e: a b c d");
  assert.deepEqual(follower.of(["a"]).removed, ["a"]);
  follower.close();
  made.update(graph([...RING, ["e", "a", 1]]));
  assert.equal(heard.length, 2);
});

Deno.test("long work leaves others their turn, and graphs that come meanwhile are taken as one", async () => {
  const clock = new ManualClock();
  // Every look at the clock takes longer than a slice may.
  const { made, heard, follow } = tables(slow(clock, 20));
  for (const name of ["a", "b", "c", "d"]) follow(name);
  made.update(graph([...RING, ["a", "c", 1]]));
  assert.deepEqual(heard, ["a: b c d"]);
  made.update(graph([...RING, ["a", "c", 1], ["b", "d", 1]]));
  made.update(graph([...RING, ["b", "d", 1]]));
  await clock.advance(10_000);
  assert.deepEqual(heard, [
    "a: b c d",
    "c: a b d",
    "a: b c d",
    "b: a c d",
    "c: a b d",
    "d: a b c",
  ]);
  assert.equal(clock.pending, 0);
});

Deno.test("a relay whose former stream ends once more goes on hearing of its routes", () => {
  const { made, heard, follow } = tables();
  const former = follow("a");
  former.close();
  follow("a");
  former.close();
  made.update(graph([...RING, ["a", "c", 1]]));
  assert.deepEqual(heard, ["a: b c d"]);
});

Deno.test("a thousand relays hear of other routes little later than these can be found", async () => {
  const clock = new ManualClock();
  const { made, heard, follow } = tables(slow(clock, 0.5));
  for (let relay = 0; relay < 999; relay++) follow(`other-${relay}`);
  follow("c");
  made.update(graph([...RING, ["a", "c", 1]]));
  await clock.advance(700);
  assert.deepEqual(heard, ["c: a b d"]);
});

Deno.test("a graph that comes while watchers are told is taken after the one that they are told of", () => {
  const { made, heard, follow } = tables();
  const both = graph([...RING, ["a", "c", 1], ["b", "d", 1]]);
  made.follow("a", () => made.update(both));
  follow("b");
  follow("c");
  made.update(graph([...RING, ["a", "c", 1]]));
  assert.deepEqual(heard, ["c: a b d", "b: d"]);
});

Deno.test("what fails at one watcher keeps no other from hearing of its routes", async () => {
  const { made, heard, follow } = tables();
  const fault = new Error("not written");
  const reported = new Promise((resolve) => {
    const report = (event: PromiseRejectionEvent) => {
      if (event.reason !== fault) return;
      event.preventDefault();
      removeEventListener("unhandledrejection", report);
      resolve(event.reason);
    };
    addEventListener("unhandledrejection", report);
  });
  made.follow("a", () => {
    throw fault;
  });
  follow("c");
  made.update(graph([...RING, ["a", "c", 1]]));
  assert.deepEqual(heard, ["c: a b d"]);
  assert.equal(await reported, fault);
});

import assert from "node:assert/strict";
import { Mirror } from "./mirror.ts";
import { type MirrorEvent, readMirrorEvent } from "./mirror_event.ts";

function relayEvent(name: string, state: "alive" | "draining" = "alive"): MirrorEvent {
  const relay = { name, region: "", address: "", certificateSha256: undefined, state };
  return { kind: "relay", relay };
}

function graph(...names: string[]): MirrorEvent {
  const relays = names.map((name) =>
    (relayEvent(name) as Extract<MirrorEvent, { kind: "relay" }>).relay
  );
  return { kind: "graph", relays };
}

function announces(...entries: [relay: string, text: string][]): MirrorEvent {
  return { kind: "announces", entries: entries.map(([relay, text]) => ({ relay, text })) };
}

function routes(to: Record<string, string>, removed: string[] = []): MirrorEvent {
  const lines = Object.entries(to).map(([target, nextHop]) =>
    [target, { nextHop, alternate: undefined, cost: 1 }] as const
  );
  return { kind: "routes", lines, removed };
}

function ready(revision: number): MirrorEvent {
  return { kind: "ready", revision };
}

function snapshot(mirror: Mirror, ...events: MirrorEvent[]): string[] {
  const heard: string[] = [];
  const stop = mirror.watch({
    announced: (relay, text) => heard.push(`+${relay} ${text}`),
    withdrawn: (relay, text) => heard.push(`-${relay} ${text}`),
    changed: () => {},
  });
  mirror.begin("snapshot");
  for (const event of events) mirror.apply(event);
  stop();
  return heard;
}

Deno.test("Mirror takes in a snapshot, then changes", () => {
  const mirror = new Mirror("me");
  assert.deepEqual([mirror.isComplete, mirror.revision], [false, 0]);
  snapshot(
    mirror,
    graph("me", "a"),
    announces(["a", "x"], ["me", "y"]),
    routes({ a: "a" }),
    ready(5),
  );
  assert.deepEqual([mirror.isComplete, mirror.revision, mirror.hasStale], [true, 5, false]);
  assert.deepEqual([...mirror.announces()], [{ relay: "a", text: "x" }]);
  const changes: number[] = [];
  mirror.watch({ announced() {}, withdrawn() {}, changed: () => changes.push(mirror.revision) });
  mirror.apply(relayEvent("a"), 6);
  mirror.apply(relayEvent("a", "draining"), 6);
  mirror.apply(routes({}, ["a"]), 7);
  mirror.apply({ kind: "announce", announce: { relay: "a", text: "z" } }, 8);
  mirror.apply({ kind: "gone", relay: "a" }, 9);
  mirror.apply({ kind: "gone", relay: "a" }, 9);
  assert.deepEqual(changes, [6, 7, 9]);
  assert.equal(mirror.nextHop("a"), undefined);
  assert.equal(mirror.relay("a"), undefined);
  assert.equal(mirror.announcesOf("a").size, 0);
});

Deno.test("Mirror tells a new snapshot as differences, and what is missing when it is settled", () => {
  const mirror = new Mirror("me");
  snapshot(
    mirror,
    graph("a", "b"),
    announces(["a", "x"], ["b", "y"]),
    routes({ a: "a", b: "a" }),
    ready(5),
  );
  const heard = snapshot(
    mirror,
    graph("a"),
    announces(["a", "x"], ["a", "z"]),
    routes({ a: "a" }),
    ready(90),
  );
  assert.deepEqual(heard, ["+a z"]);
  assert.deepEqual([...mirror.announcesOf("b")], ["y"]);
  assert.equal(mirror.nextHop("b")?.nextHop, "a");
  assert.equal(mirror.hasStale, true);
  // What is heard of meanwhile stays.
  mirror.apply(relayEvent("b"), 91);
  mirror.settle();
  assert.equal(mirror.relay("b")?.name, "b");
  assert.equal(mirror.announcesOf("b").size, 0);
  assert.equal(mirror.nextHop("b"), undefined);
  assert.equal(mirror.hasStale, false);
});

Deno.test("Mirror lets go at once of a stale relay that the controller reports gone", () => {
  const mirror = new Mirror("me");
  snapshot(mirror, graph("b"), announces(["b", "y"]), routes({ b: "b" }), ready(5));
  snapshot(mirror, ready(90));
  mirror.apply({ kind: "gone", relay: "b" }, 91);
  assert.deepEqual([mirror.relay("b"), mirror.nextHop("b"), mirror.hasStale], [
    undefined,
    undefined,
    false,
  ]);
});

Deno.test("Mirror believes the next hops of a stream that goes on, and no others", () => {
  const mirror = new Mirror("me");
  snapshot(mirror, routes({ a: "a", b: "a" }), ready(5));
  mirror.begin("place");
  mirror.apply(routes({ a: "b" }));
  mirror.apply(ready(5));
  assert.equal(mirror.nextHop("a")?.nextHop, "b");
  assert.equal(mirror.nextHop("b"), undefined);
});

Deno.test("readMirrorEvent() ignores what it does not know and refuses what it cannot read", () => {
  const read = (event: string, data: unknown) =>
    readMirrorEvent({ event, data: JSON.stringify(data), id: undefined });
  const sha = "ab".repeat(32);
  const nodes = [
    { id: "a", region: "eu", state: "registered", certificate_sha256: sha, color: "red" },
    { id: "b", region: "eu", state: "expired" },
    { id: "c", region: "", state: "never_registered" },
  ];
  assert.deepEqual(read("graph", { revision: 1, nodes, links: [] }), {
    ok: true,
    value: {
      kind: "graph",
      relays: [{ name: "a", region: "eu", address: "", state: "alive", certificateSha256: sha }],
    },
  });
  assert.deepEqual(read("costs", {}), { ok: true, value: undefined });
  assert.deepEqual(read("constructor", {}), { ok: true, value: undefined });
  const faults = [
    read("graph", { nodes: [{ id: 7 }] }),
    read("relay", { relay: "a" }),
    read("ready", { revision: "x" }),
    readMirrorEvent({ event: "gone", data: "{", id: undefined }),
  ];
  for (const fault of faults) assert.equal(fault.ok, false);
});

import assert from "node:assert/strict";
import type { Graph, NodeState } from "../graph/mod.ts";
import { Chronicle } from "./chronicle.ts";
import { sentence } from "./event.ts";
import { EventLog, type EventStore } from "./event_log.ts";
import { ANNOUNCES_SETTLE_MS, MAX_EVENTS, MAX_EVENTS_BYTES, RELAY_BURST } from "./limits.ts";
import { Outages } from "./outages.ts";
import { RefusedRequests } from "./refused_requests.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { memoryLog } from "../../tests/support/worlds/memory_log.ts";

function start(store?: EventStore) {
  const clock = new ManualClock(1_000_000);
  const { log, lines } = memoryLog();
  const events = new EventLog({ clock, log, store });
  const texts = () => events.page(undefined, MAX_EVENTS).events.map(sentence);
  return { clock, lines, events, texts };
}

Deno.test("EventLog says the same in the log and to whoever asks later", () => {
  const { lines, events, texts } = start();
  events.add("relay_registered", { relay: "tokyo", detail: "asia" });
  events.add("link_down", { relay: "tokyo", neighbor: "a\u001b[31mb" });
  assert.deepEqual(lines.map(({ text }) => text), ["info: relay registered", "warn: link down"]);
  assert.deepEqual(texts()[0], "tokyo registered: asia");
  assert.ok(!texts()[1]!.includes("\u001b"), "what a relay is called does not colour terminals");
  const { oldest, newest } = events.page(undefined, 1);
  assert.equal(newest, oldest + 1);
  assert.equal(events.page(oldest, 10).events.length, 1);
  assert.deepEqual(events.page(newest, 10).events, []);
});

Deno.test("EventLog is bounded in count and in bytes, and lets go of the oldest", () => {
  const { clock, events } = start();
  for (let at = 0; at < MAX_EVENTS + 10; at++) events.add("peer_back", { peer: `p${at}` });
  assert.equal(events.page(0, MAX_EVENTS * 2).events.length, MAX_EVENTS);
  assert.equal(events.page(0, 1).events[0]?.peer, "p10");
  const long = "x".repeat(100_000);
  for (let at = 0; at < MAX_EVENTS; at++) events.add("peer_lost", { peer: long, detail: long });
  const held = events.page(0, MAX_EVENTS).events;
  assert.ok(JSON.stringify(held).length < MAX_EVENTS_BYTES, "names are cut, and bytes are counted");
  assert.equal(clock.pending, 0);
});

Deno.test("a relay that flaps does not push out what is said of others", async () => {
  const { clock, events, texts } = start();
  events.add("relay_expired", { relay: "quiet" });
  for (let at = 0; at < 5000; at++) events.add("link_down", { relay: "mad", neighbor: "x" });
  assert.equal(texts().length, 1 + RELAY_BURST);
  await clock.advance(10_000);
  events.add("link_up", { relay: "mad", neighbor: "x" });
  assert.match(texts().at(-2)!, /^4950 more events of mad are left out/);
});

Deno.test("refused tokens are told at once, and then together", async () => {
  const { clock, events, texts } = start();
  const tokens = new RefusedRequests("tokens_refused", events, clock);
  for (let at = 0; at < 500; at++) tokens.add(`10.0.0.${at % 250}`, "PUT /relay/:name");
  assert.equal(texts().length, 1);
  await clock.advance(60_000);
  assert.match(texts()[1]!, /^499 requests were refused for the token, last from 10\.0\.0\.249/);
  await clock.advance(60_000);
  assert.deepEqual([texts().length, clock.pending], [2, 0]);
});

Deno.test("the loss of a store or a peer is told once, and that it is back", () => {
  const { lines, events } = start();
  const outages = new Outages(events);
  for (let at = 0; at < 3; at++) outages.storeFailed(new Error("no quorum"));
  for (let at = 0; at < 3; at++) outages.peer("b:8090", new Error("refused"));
  outages.storeIsFine();
  outages.peer("b:8090");
  outages.peer("b:8090");
  assert.deepEqual(lines.map(({ text }) => text), [
    "error: store lost",
    "warn: peer lost",
    "info: store back",
    "info: peer back",
  ]);
});

Deno.test("EventLog goes on from what its store has", () => {
  const kept = [{ id: 7, time: 0, kind: "store_back" as const }];
  const { events } = start({ load: () => kept, keep: (event) => void kept.push(event as never) });
  events.add("store_back");
  assert.deepEqual(kept.map(({ id }) => id), [7, 8]);
  assert.equal(events.page(undefined, 10).events.length, 2);
  assert.ok(ANNOUNCES_SETTLE_MS > 0);
});

Deno.test("only a relay that nobody reaches for two seconds is said to be unreachable", async () => {
  const { clock, events, texts } = start();
  const options = {
    ...{ events, clock, relays: new Map(), leaseMs: 30_000, controller: "sdn" },
    isRevoked: () => false,
  };
  const chronicle = new Chronicle(options, 1);
  const say = (state?: NodeState) => {
    const nodes = state === undefined ? [] : [{ name: "tokyo", state }];
    chronicle.graph({ revision: 1, nodes, accusers: () => ["osaka"] } as unknown as Graph);
  };
  // Two relays that start together, and then one that ends as it should.
  for (const next of ["registered", "draining", undefined] as const) {
    say("unreachable");
    await clock.advance(100);
    say(next);
    await clock.advance(10_000);
  }
  assert.deepEqual(texts(), []);
  say("unreachable");
  await clock.advance(1_900);
  say("unreachable");
  await clock.advance(200);
  assert.deepEqual(texts(), ["tokyo is unreachable: no neighbor reaches it (says osaka)"]);
  say("unreachable");
  chronicle.close();
  await clock.advance(10_000);
  assert.deepEqual([texts().length, clock.pending], [1, 0]);
});

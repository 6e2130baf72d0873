import assert from "node:assert/strict";
import { EventReader, MAX_EVENT_LENGTH } from "./page/event_reader.js";
import { bitrate, duration, metricLines } from "./page/format.js";
import { MAX_ANNOUNCES, MAX_LOG, Model, relayChanges } from "./page/model.js";

const relay = (name: string, more: object = {}) => ({
  relay: name,
  region: "asia",
  address: "",
  state: "registered",
  links: {},
  announces: 0,
  lease_expires_at: "",
  ...more,
});

Deno.test("EventReader reads the same events wherever the stream is cut", () => {
  const text = 'retry: 1000\n\nevent: graph\ndata: {"a":1}\n\n: still here\n\n' +
    "id: 7\nevent: relay\ndata: x\ndata: y\n\r\nevent: lost\n\n";
  const expected = [
    { event: "graph", data: '{"a":1}', id: undefined },
    { event: "relay", data: "x\ny", id: "7" },
  ];
  for (let cut = 0; cut <= text.length; cut++) {
    const reader = new EventReader();
    assert.deepEqual(
      [text.slice(0, cut), text.slice(cut)].flatMap((one) => reader.read(one)),
      expected,
    );
  }
});

Deno.test("EventReader refuses an event without an end", () => {
  const reader = new EventReader();
  const piece = `data: ${"x".repeat(MAX_EVENT_LENGTH / 8)}\n`;
  assert.throws(() => Array.from({ length: 9 }, () => reader.read(piece)), /too long/);
});

Deno.test("Model tells what changed about a relay, once, and not its load", () => {
  const model = new Model();
  model.takeRelays({ revision: 0, relays: [] });
  const say = (event: string, data: object) => {
    model.log = [];
    model.apply(event, data, 0);
    return model.log.map(({ text }) => text).reverse();
  };
  assert.deepEqual(say("relay", relay("tokyo")), ["tokyo registered in asia"]);
  assert.deepEqual(say("relay", relay("tokyo", { load: { cpu: 1 } })), []);
  const linked = relay("tokyo", { links: { london: { cost: 5, up: true } } });
  assert.deepEqual(say("relay", linked), ["tokyo declares a link to london"]);
  assert.deepEqual(
    relayChanges(linked, relay("tokyo", { links: { london: { cost: 5, up: false } } })),
    ["tokyo says its link to london is down"],
  );
  assert.deepEqual(
    relayChanges(linked, relay("tokyo", { links: { london: { cost: 6, up: true } } })),
    ["tokyo to london costs 6 instead of 5"],
  );
  assert.deepEqual(relayChanges(linked, relay("tokyo")), [
    "tokyo no longer declares a link to london",
  ]);
  assert.deepEqual(say("relay", { ...linked, state: "draining" }), ["tokyo drains"]);
  assert.deepEqual(say("gone", { relay: "tokyo", reason: "expired" }), [
    "tokyo is gone: its lease ended without a heartbeat",
  ]);
  assert.deepEqual(say("gone", { relay: "tokyo", reason: "expired" }), []);
});

Deno.test("Model gives each link the tracks that it carries, in both directions", () => {
  const model = new Model();
  const link = (from: string, to: string) => ({ from, to, state: "up", configured_cost: 1 });
  model.takeGraph({ revision: 1, nodes: [], links: [link("a", "b"), link("b", "c")] });
  const flow = (track: string, hop: string, source: string) => ({ track, next_hop: hop, source });
  const carried = () =>
    model.pairs().map(({ carried }) => carried.map(({ track, relay }) => `${track} to ${relay}`));
  model.apply("flows", { relay: "a", flows: [flow("x", "b", "c")] }, 0);
  model.apply("flows", { relay: "b", flows: [flow("x", "c", "c"), flow("y", "a", "a")] }, 0);
  assert.deepEqual(carried(), [["x to a", "y to b"], ["x to b"]]);
  assert.deepEqual(model.carriedBy('["b","c"]').map(({ track }) => track), ["x"]);
  model.apply("flows", { relay: "b", flows: [] }, 0);
  assert.deepEqual(carried(), [["x to a"], []]);
  model.apply("gone", { relay: "a", reason: "expired" }, 0);
  assert.deepEqual(carried(), [[], []]);
  model.apply("flows", { relay: "b", flows: [flow("y", "a", "a")] }, 0);
  model.beginSnapshot();
  assert.deepEqual(carried(), [[], []]);
});

Deno.test("Model tells what happens between a snapshot and the first list of relays", () => {
  const model = new Model();
  const node = { id: "old", region: "", state: "registered" };
  model.apply("graph", {
    revision: 1,
    nodes: [node, { ...node, id: "stub", state: "never_registered" }],
    links: [],
  }, 0);
  model.apply("relay", relay("old"), 0);
  model.apply("relay", relay("stub"), 0);
  model.apply("relay", relay("new"), 0);
  for (const name of ["new", "new", "old", "old"]) {
    model.apply("gone", { relay: name, reason: "expired" }, 0);
  }
  assert.deepEqual(model.log.map(({ text }) => text), [
    "old is gone: its lease ended without a heartbeat",
    "new is gone: its lease ended without a heartbeat",
    "new registered in asia",
    "stub registered in asia",
  ]);
});

Deno.test("Model tells a change whose list came before its event", () => {
  const model = new Model();
  model.takeRelays({ revision: 1, relays: [relay("a")] });
  model.takeRelays({ revision: 2, relays: [relay("b")] });
  model.apply("gone", { relay: "a", reason: "deregistered" }, 0);
  model.apply("relay", relay("b", { revision: 2 }), 0);
  assert.deepEqual(model.log.map(({ text }) => text), [
    "b registered in asia",
    "a is gone: it deregistered",
  ]);
});

Deno.test("Model keeps the directory: found by track or relay, gone with its relay", () => {
  const model = new Model();
  const entries = [
    { relay: "tokyo", track: "live/b" },
    { relay: "london", track: "live/a" },
    { relay: "tokyo", track: "live/a" },
  ];
  model.apply("announces", { entries }, 0);
  model.apply("announce", { relay: "paris", track: "Talk", revision: 4 }, 0);
  const search = (text: string, limit = 10) => {
    const { count, entries } = model.search(text, limit);
    return [count, ...entries.map(({ track, relay }) => `${track} ${relay}`)];
  };
  assert.deepEqual(search("LIVE/"), [3, "live/a london", "live/a tokyo", "live/b tokyo"]);
  assert.deepEqual(search("", 1), [4, "Talk paris"]);
  assert.deepEqual(search("tok"), [2, "live/a tokyo", "live/b tokyo"]);
  model.apply("withdraw", { relay: "tokyo", track: "live/b" }, 0);
  model.apply("gone", { relay: "london", reason: "deregistered" }, 0);
  assert.deepEqual(search("live"), [1, "live/a tokyo"]);
  assert.equal(model.announceCount, 2);
  assert.equal(model.revision, 4);
});

Deno.test("Model holds no more announces and lines than it may, and says so", () => {
  const model = new Model();
  const entries = Array.from(
    { length: MAX_ANNOUNCES + 1 },
    (_, at) => ({ relay: "r", track: `${at}` }),
  );
  model.apply("announces", { entries }, 0);
  assert.deepEqual([model.announceCount, model.isDirectoryCut], [MAX_ANNOUNCES, true]);
  for (let at = 0; at < MAX_LOG + 9; at++) {
    model.apply("withdraw", { relay: "x", track: `${at}` }, at);
  }
  assert.deepEqual([model.log.length, model.log[0]?.time], [MAX_LOG, MAX_LOG + 8]);
  model.beginSnapshot();
  assert.deepEqual([model.announceCount, model.isDirectoryCut, model.log.length], [
    0,
    false,
    MAX_LOG,
  ]);
});

Deno.test("Model.pairs() joins both directions, and hostile names stay apart", () => {
  const model = new Model();
  const link = (from: string, to: string, state: string) => ({
    from,
    to,
    state,
    configured_cost: 1,
  });
  model.apply("graph", {
    revision: 3,
    nodes: [],
    links: [link("b", "a", "up"), link("a", "b", "down"), link('a","b', "c", "one_way")],
  }, 0);
  assert.deepEqual(model.pairs().map(({ a, b, state }) => [a, b, state]), [
    ["a", "b", "up"],
    ['a","b', "c", "one_way"],
  ]);
});

Deno.test("what people read has units that fit", () => {
  assert.deepEqual([0, 119_000, 120_000, 7_200_000].map(duration), [
    "0 s",
    "119 s",
    "2 min",
    "2 h",
  ]);
  assert.deepEqual([0, 999, 1_500_000, 2.5e9].map(bitrate), [
    "0 bit/s",
    "999 bit/s",
    "1.5 Mbit/s",
    "2.5 Gbit/s",
  ]);
  const text = '# HELP x\nx{peer="http://a:1/\\"q",result="ok"} 3\nxy{peer="b"} 1\nx 5\n';
  assert.deepEqual(metricLines(text, "x"), [
    { labels: { peer: 'http://a:1/"q', result: "ok" }, value: 3 },
  ]);
});

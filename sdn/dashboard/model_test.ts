import assert from "node:assert/strict";
import { bitrate, duration, metricLines } from "./page/format.js";
import { placeLabels } from "./page/labels.js";
import { MAX_ANNOUNCES, MAX_LOG, Model } from "./page/model.js";
import { fold, machineKey } from "./page/fold.js";
import {
  FULL as pageFull,
  GATHERED as pageGathered,
  machinesOf,
  placeOf,
  sumHistories,
} from "./page/machines.js";
import { FULL, GATHERED } from "../control/assign.ts";
import { pathsOf } from "./page/what_if.js";
import { headline } from "./page/summary_view.js";

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

Deno.test("Model keeps an expired relay in its place, and lets go of one that deregistered", () => {
  const model = new Model();
  const node = (id: string, state: string) => ({ id, region: "asia", address: "a:1", state });
  const shown = () => model.nodes.map(({ id, state, region }) => `${id} ${state} ${region}`);
  const graph = (nodes: object[]) => model.apply("graph", { revision: 1, nodes, links: [] });
  graph([node("tokyo", "unreachable"), node("paris", "registered")]);
  const relays = [relay("tokyo"), relay("paris")];
  model.takeRelays({ relays, expired: [] });
  model.apply("gone", { relay: "tokyo", reason: "expired" });
  assert.deepEqual(shown(), ["paris registered asia", "tokyo expired asia"]);
  model.apply("gone", { relay: "paris", reason: "deregistered" });
  assert.deepEqual(shown(), ["tokyo expired asia"]);
  // Nobody declares it any more, and the list still has it.
  graph([]);
  const end = { relay: "tokyo", region: "asia", address: "a:1", last_seen: "x", expired_at: "y" };
  model.takeRelays({ relays: [], expired: [end] });
  assert.deepEqual(shown(), ["tokyo expired asia"]);
  model.takeRelays({ relays: [], expired: [] });
  assert.deepEqual(shown(), []);
});

Deno.test("Model holds the newest events, and those of another controller alone", () => {
  const model = new Model();
  const event = (id: number) => ({ id, time: "", level: "info", kind: "", text: `e${id}` });
  model.takeEvents({ newest: 12, events: [event(11), event(12)] });
  model.takeEvents({ newest: 13, events: [event(13)] });
  assert.deepEqual(model.log.map(({ id }) => id), [13, 12, 11]);
  model.takeEvents({ newest: 13, events: [] });
  assert.equal(model.newestEvent, 13);
  model.takeEvents({ newest: 4, events: [] });
  assert.deepEqual([model.log, model.newestEvent], [[], 4]);
  const many = Array.from({ length: MAX_LOG + 5 }, (_, at) => event(at + 5));
  model.takeEvents({ newest: MAX_LOG + 9, events: many });
  assert.deepEqual([model.log.length, model.log[0]?.id], [MAX_LOG, MAX_LOG + 9]);
});

Deno.test("headline() says what is wrong before it says that all is well", () => {
  const model = new Model();
  const node = (id: string, state: string) => ({ id, region: "", state });
  const graph = (...nodes: object[]) => {
    model.takeGraph({ revision: 1, nodes: nodes as never, links: [] });
    return headline(model);
  };
  assert.equal(graph(), "no relays");
  assert.equal(
    graph(node("a", "registered"), node("b", "registered")),
    "all 2 relays registered, no link down",
  );
  assert.equal(
    graph(node("a", "unreachable"), node("b", "expired"), node("c", "draining")),
    "a unreachable · b expired · c draining",
  );
  const many = Array.from({ length: 9 }, (_, at) => node(`r${at}`, "expired"));
  assert.equal(graph(...many), "9 relays expired");
});

Deno.test("placeLabels() lets no label cover another one, and the first ones first", () => {
  const label = (key: string, x: number, ...more: number[]) => {
    return { key, width: 50, height: 10, places: [x, ...more].map((x) => ({ x, y: 0 })) };
  };
  const labels = [label("a", 0), label("b", 20, 60), label("c", 40), label("d", 200)];
  const placed = placeLabels(labels, [{ x: 190, y: 0, width: 20, height: 20 }]);
  assert.deepEqual([...placed], [["a", { x: 0, y: 0 }], ["b", { x: 60, y: 0 }]]);
});

Deno.test("Model gives each link the tracks that it carries, in both directions", () => {
  const model = new Model();
  const link = (from: string, to: string) => ({ from, to, state: "up", configured_cost: 1 });
  model.takeGraph({ revision: 1, nodes: [], links: [link("a", "b"), link("b", "c")] });
  const flow = (track: string, hop: string, source: string) => ({ track, next_hop: hop, source });
  const carried = () =>
    model.pairs().map(({ carried }) => carried.map(({ track, relay }) => `${track} to ${relay}`));
  model.apply("flows", { relay: "a", flows: [flow("x", "b", "c")] });
  model.apply("flows", { relay: "b", flows: [flow("x", "c", "c"), flow("y", "a", "a")] });
  assert.deepEqual(carried(), [["x to a", "y to b"], ["x to b"]]);
  assert.deepEqual(model.carriedBy('["b","c"]').map(({ track }) => track), ["x"]);
  model.apply("flows", { relay: "b", flows: [] });
  assert.deepEqual(carried(), [["x to a"], []]);
  model.apply("gone", { relay: "a", reason: "expired" });
  assert.deepEqual(carried(), [[], []]);
  model.apply("flows", { relay: "b", flows: [flow("y", "a", "a")] });
  model.beginSnapshot();
  assert.deepEqual(carried(), [[], []]);
});

Deno.test("Model keeps the directory: found by track or relay, gone with its relay", () => {
  const model = new Model();
  const entries = [
    { relay: "tokyo", track: "live/b" },
    { relay: "london", track: "live/a" },
    { relay: "tokyo", track: "live/a" },
  ];
  model.apply("announces", { entries });
  model.apply("announce", { relay: "paris", track: "Talk", revision: 4 });
  const search = (text: string) =>
    model.search(text).map(({ track, relay }) => `${track} ${relay}`);
  assert.deepEqual(search("LIVE/"), ["live/a london", "live/a tokyo", "live/b tokyo"]);
  assert.deepEqual(search("")[0], "Talk paris");
  assert.deepEqual(search("tok"), ["live/a tokyo", "live/b tokyo"]);
  model.apply("withdraw", { relay: "tokyo", track: "live/b" });
  model.apply("gone", { relay: "london", reason: "deregistered" });
  assert.deepEqual(search("live"), ["live/a tokyo"]);
  assert.equal(model.announceCount, 2);
  assert.equal(model.revision, 4);
});

Deno.test("Model holds no more announces than it may, and says so", () => {
  const model = new Model();
  const entries = Array.from(
    { length: MAX_ANNOUNCES + 1 },
    (_, at) => ({ relay: "r", track: `${at}` }),
  );
  model.apply("announces", { entries });
  assert.deepEqual([model.announceCount, model.isDirectoryCut], [MAX_ANNOUNCES, true]);
  model.beginSnapshot();
  assert.deepEqual([model.announceCount, model.isDirectoryCut], [0, false]);
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
  });
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

function region(count: number) {
  return Array.from({ length: count }, (_, at) => ({
    id: `r${at}`,
    region: `g${at % 4}`,
    state: at === 5 ? "unreachable" : "registered",
    load: { sessions: 2 },
  }));
}
const pair = (a: string, b: string, state = "up") => {
  return { a, b, state, there: undefined, back: undefined, carried: [] };
};

Deno.test("fold() draws each region of a large network as one, but for what fails or was chosen", () => {
  const links = [pair("r0", "r1"), pair("r4", "r1"), pair("r8", "r9", "down"), pair("r2", "r6")];
  const { relays, links: drawn } = fold({ relays: region(80), links }, {
    unfolded: ["g3"],
    kept: ["r0"],
  });
  const folded = relays.filter(({ label }) => label !== undefined);
  assert.deepEqual(
    folded.map(({ region, label, load }) => `${region} ${label} ${load.sessions}`),
    ["g0 18 relays 36", "g1 18 relays 36", "g2 20 relays 40"],
  );
  const alone = relays.filter(({ label, region }) => label === undefined && region !== "g3");
  assert.deepEqual(alone.map(({ id }) => id), ["r0", "r5", "r8", "r9"]);
  assert.equal(relays.filter(({ region }) => region === "g3").length, 20);
  assert.deepEqual(drawn.map(({ a, b, state }) => [a, b, state]), [
    ["\u0001g1", "r0", "up"],
    ["\u0001g0", "\u0001g1", "up"],
    ["r8", "r9", "down"],
  ]);
  const few = { relays: region(20), links };
  assert.deepEqual(fold(few, { unfolded: [], kept: [] }), few);
});

Deno.test("fold() draws the relays of one machine as one, but for those that fail or were chosen", () => {
  const member = (id: string, host: string | undefined, more: object = {}) => {
    const load = { sessions: 2, cpu: 0.4 };
    return { id, region: "asia", state: "registered", load, ...host && { host }, ...more };
  };
  const relays = [
    member("alone", "small"),
    member("london", undefined),
    member("tokyo-1", "tokyo"),
    member("tokyo-2", "tokyo", { load: { sessions: 6, cpu: 0.8 } }),
    member("tokyo-3", "tokyo", { state: "draining" }),
  ];
  const links = [pair("tokyo-1", "tokyo-2"), pair("london", "tokyo-1"), pair("london", "tokyo-2")];
  const draw = (unfolded: string[], kept: string[] = []) => {
    const drawn = fold({ relays, links }, { unfolded, kept });
    return {
      relays: drawn.relays.map(({ id, label = id }) => label),
      load: drawn.relays[0].load,
      links: drawn.links.map(({ a, b }) => `${a} ${b}`),
    };
  };
  assert.deepEqual(draw([]), {
    relays: ["tokyo: 2 relays", "alone", "london", "tokyo-3"],
    load: { sessions: 8, cpu: 0.6000000000000001 },
    links: ["\u0002tokyo london"],
  });
  const all = ["alone", "london", "tokyo-1", "tokyo-2", "tokyo-3"];
  assert.deepEqual(draw([machineKey("tokyo")]).relays, all);
  assert.deepEqual(draw([], ["tokyo-1"]).relays, all, "one alone is no group");
  const many = Array.from({ length: 160 }, (_, at) => member(`r${at}`, `m${at % 80}`));
  const regions = fold({ relays: many, links: [] }, { unfolded: [], kept: [] });
  assert.deepEqual(regions.relays.map(({ label }) => label), ["160 relays"]);
});

Deno.test("machinesOf() sums what the relays of a machine report, as the command line does", () => {
  const [machine, ...more] = machinesOf([
    { id: "t-1", host: "t", region: "asia", state: "registered", load: { sessions: 3, cpu: 0.2 } },
    { id: "t-2", host: "t", region: "asia", state: "draining", load: { sessions: 4, cpu: 0.8 } },
    { id: "t-3", host: "t", region: "asia", state: "unreachable" },
    { id: "one", host: "other", region: "asia", state: "registered" },
  ]);
  assert.equal(more.length, 0, "a relay alone is no group");
  assert.equal(machine!.sessions, 7);
  assert.equal(machine!.cpu, 0.5);
  assert.deepEqual(machine!.states, ["registered", "draining", "unreachable"]);
});

Deno.test("the page says of a relay's load what the controller makes of it", () => {
  assert.deepEqual([pageGathered, pageFull], [GATHERED, FULL]);
  const place = (cpu: number, state = "registered") => placeOf({ state, load: { cpu } });
  assert.equal(place(GATHERED - 0.01), "takes viewers of its tracks");
  assert.equal(place(GATHERED), "past 70 %: viewers go to a sibling");
  assert.equal(place(FULL), "full: takes nobody while another can");
  assert.equal(place(0, "draining"), "takes nobody");
});

Deno.test("pathsOf() has of a machine the paths through any of its relays, from and to others", () => {
  const flow = (relay: string, next_hop: string, source: string) => ({
    relay,
    next_hop,
    source,
    track: "live",
  });
  const flows = [
    flow("a", "m-1", "d"),
    flow("b", "m-2", "d"),
    flow("m-1", "m-2", "d"),
    flow("m-2", "d", "d"),
    // What comes from the machine itself is gone with it.
    flow("c", "m-1", "m-2"),
  ];
  assert.deepEqual(
    pathsOf({ host: "m" }, flows, ["m-1", "m-2"]).map(({ relay, hop, host }) => [relay, hop, host]),
    [["a", "m-1", "m"], ["b", "m-2", "m"]],
  );
});

Deno.test("sumHistories() sums what the relays of a machine said at each time, and knows no more", () => {
  const one = { series: { sessions: [1, 2, null], cpu: [0.2, 0.4, null] } };
  const later = { series: { sessions: [5, null], cpu: [0.6, null] } };
  const { sessions, cpu, egress_bps } = sumHistories([one, later]);
  assert.deepEqual(sessions, [1, 7, null]);
  assert.deepEqual(cpu, [0.2, 0.5, null]);
  assert.deepEqual(egress_bps, []);
});

Deno.test("pathsOf() has each path once that would change, with what must be left out", () => {
  const flow = (relay: string, track: string, next_hop: string, source: string) => {
    return { relay, track, next_hop, source };
  };
  const flows = [
    flow("a", "x", "b", "c"),
    flow("a", "y", "b", "c"),
    flow("b", "x", "c", "c"),
    flow("d", "z", "b", "b"),
  ];
  const told = (opened: object) =>
    pathsOf(opened, flows).map(({ relay, source, tracks, without }) => {
      return `${relay} ${source} ${tracks} ${without}`;
    });
  assert.deepEqual(told({ relay: "b" }), ["a c 2 b"]);
  assert.deepEqual(told({ link: '["b","c"]' }), ["b c 1 undefined"]);
  assert.deepEqual(told({ track: "x" }), ["a c 1 b", "b c 1 undefined"]);
});

import assert from "node:assert/strict";
import { detailWords } from "./page/detail_words.js";
import { Model } from "./page/model.js";
import { downsOf, FLAP_MS, troublesOf } from "./page/troubles.js";
import { versionWords } from "./page/versions.js";

const NOW = Date.UTC(2026, 0, 1, 3);

/** A model of relays by their states, of links by theirs, and of what happened, the newest last. */
function modelOf(given: {
  states: Record<string, string>;
  links?: readonly (readonly [string, string, string])[];
  events?: readonly (readonly [agoMs: number, kind: string, relay: string, neighbor?: string])[];
}) {
  const { states, links = [], events = [] } = given;
  const model = new Model();
  const nodes = Object.entries(states).map(([id, state]) => ({ id, region: "", state }));
  model.takeGraph({
    revision: 1,
    nodes,
    links: links.map(([from, to, state]) => ({ from, to, state, configured_cost: 1 })),
  });
  model.takeEvents({
    newest: events.length,
    events: events.map(([ago, kind, relay, neighbor = ""], at) => {
      return {
        id: at + 1,
        time: new Date(NOW - ago).toISOString(),
        level: "",
        kind,
        text: "",
        relay,
        neighbor,
      };
    }),
  });
  return model;
}

function titles(model: Model) {
  return troublesOf(model, { before: () => ({}), now: NOW }).map(({ title }) => title);
}

Deno.test("troublesOf() says of a lost relay since when, who is hurt and what only it has", () => {
  const model = modelOf({
    states: { a: "unreachable", b: "registered" },
    links: [["a", "b", "down"]],
    events: [[240_000, "relay_unreachable", "a"]],
  });
  const entries = [
    { relay: "a", track: "live" },
    { relay: "a", track: "talk" },
    { relay: "b", track: "talk" },
  ];
  model.apply("announces", { entries });
  const before = () => ({ sessions: 1, subscriptions: 2 });
  const [trouble, ...more] = troublesOf(model, { before, now: NOW });
  assert.match(trouble!.title, /^a is unreachable since .+, 4 min ago$/);
  assert.equal(
    trouble!.hurt,
    "It had 1 viewer or publisher with 2 subscriptions. Only it has live.",
  );
  assert.deepEqual(more, [], "its links are not told of beside it");
});

Deno.test("troublesOf() says of an expired relay what only it had, and what others have again", () => {
  const model = modelOf({ states: { a: "expired", b: "registered" } });
  const expire = (only_had: readonly string[], only_had_count: number) => {
    const last = { load: { sessions: 9 }, only_had, only_had_count };
    const ended = { relay: "a", region: "", address: "", last_seen: "", ...last };
    model.takeRelays({ relays: [], expired: [ended] });
    const [{ hurt } = { hurt: "" }] = troublesOf(model, { before: () => ({}), now: NOW });
    return hurt;
  };
  assert.equal(expire([], 0), "");
  assert.equal(expire([], 2), "Only it had 2 tracks.", "whose names are too long");
  assert.equal(expire(["live", "talk"], 2), "Only it had live, talk.");
  model.apply("announce", { relay: "b", track: "talk" });
  assert.equal(expire(["live", "talk"], 2), "Only it had live, talk; others have talk again.");
  assert.equal(
    detailWords(model, { relay: "a" }, NOW).split(" · ").at(-1),
    "Only it had live, talk; others have talk again",
  );
  assert.equal(expire(["v", "w", "x", "y"], 30), "Only it had v, w, x and 27 more.");
  model.apply("announce", { relay: "b", track: "live" });
  assert.equal(expire(["live", "talk"], 2), "Only it had live, talk; others have it all again.");
});

Deno.test("troublesOf() tells of what flaps while it is up, and of what is quiet no more", () => {
  const at = (ago: number) =>
    [
      [ago, "link_down", "a", "b"],
      [ago, "link_down", "b", "a"],
    ] as const;
  const given = {
    states: { a: "registered", b: "registered", c: "registered" },
    links: [["a", "b", "up"]] as const,
  };
  const flaps = modelOf({ ...given, events: [...at(9000), ...at(6000), ...at(3000)] });
  assert.deepEqual(titles(flaps), ["The link between a and b flaps: down 3 times in 10 min"]);
  const twice = modelOf({ ...given, events: [...at(6000), ...at(3000)] });
  assert.deepEqual(titles(twice), []);
  const old = modelOf({ ...given, events: [...at(FLAP_MS + 1), ...at(6000), ...at(3000)] });
  assert.deepEqual(titles(old), []);
  assert.equal(downsOf(old.log, ["a", "b"], 0), 3, "both ends tell of each time");
  assert.equal(
    detailWords(old, { link: '["a","b"]' }, NOW).split(" · ")[2],
    "went down 3 times in the last hour",
  );
  const restarts = [1, 2, 3].map((ago) => [ago, "relay_restarted", "c"] as const);
  const crashes = modelOf({ ...given, events: restarts });
  assert.deepEqual(titles(crashes), ["c restarted 3 times in 10 min"]);
});

Deno.test("troublesOf() looks for what a lost relay alone had where that is told, not for each of many", () => {
  const states = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`r${at}`, "expired"]));
  const asked: string[] = [];
  const before = (relay: string) => {
    asked.push(relay);
    return { sessions: 1 };
  };
  const troubles = troublesOf(modelOf({ states }), { before, now: NOW });
  assert.equal(troubles.length, 1000);
  assert.deepEqual(asked, []);
  assert.equal(troubles[0]!.hurt, "It had 1 viewer or publisher.");
  assert.deepEqual(asked, ["r0"]);
});

Deno.test("versionWords() names few of many versions, whoever makes them up", () => {
  const run = (versions: readonly string[]) =>
    versionWords(versions.map((version, at) => ({ id: `r${at}`, state: "registered", version })));
  assert.equal(run(["1", "1"]), "");
  assert.equal(run(["1", "1", "2"]), "1 relay runs another version than most (1): r2 2.");
  const own = Array.from({ length: 1000 }, (_, at) => `v${at}`);
  assert.equal(
    run(own),
    "Relays run different versions: r0 v0; r1 v1; r2 v2; r3 v3; and 996 further versions.",
  );
  assert.ok(run(["v0", ...own]).endsWith("; r5 v4; and 995 further versions."));
});

Deno.test("detailWords() says of what is gone that it is", () => {
  const model = modelOf({ states: { a: "registered" } });
  assert.match(detailWords(model, { relay: "b" }, NOW), /^Gone: it is not registered/);
  assert.match(detailWords(model, { link: '["a","b"]' }, NOW), /^Gone: neither end/);
  assert.equal(detailWords(model, { relay: "a" }, NOW), "registered");
});

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { refused } from "@qumo/shared/runtime";
import { announcesDigest, refusal } from "@qumo/shared/topology";
import { START, testController } from "../../tests/support/sdn_controller.ts";
import { openAccess, tokenAccess } from "./auth.ts";

type Ask = Awaited<ReturnType<typeof testController>>["ask"];

/** Upstream's demo: Tokyo, London and New York in a row. */
async function demo(ask: Ask): Promise<void> {
  const put = (name: string, region: string, neighbors: Record<string, number>) =>
    ask("PUT", `/relay/${name}`, { region, address: `https://${name}:4433`, neighbors });
  await put("tokyo", "asia", { london: 250 });
  await put("london", "europe", { tokyo: 250, newyork: 80 });
  await put("newyork", "america", { london: 80 });
}

Deno.test("PUT /relay/{name} registers; the answer says when to come again", async () => {
  const { ask } = await testController();
  const { status, body } = await ask("PUT", "/relay/tokyo", { region: "asia", neighbors: {} });
  assert.equal(status, 200);
  assert.deepEqual(body, {
    relay: "tokyo",
    status: "registered",
    revision: 1,
    lease_expires_at: "2026-01-01T00:01:30.000Z",
    next_heartbeat_ms: 30_000,
  });
});

Deno.test("upstream's relay client is served as upstream serves it", async () => {
  const { ask } = await testController();
  const json = { "content-type": "application/json" };
  const tokyo = '{"address":"https://tokyo:4433","neighbors":{"london":250},"region":"asia"}';
  assert.equal((await ask("PUT", "/relay/tokyo", tokyo, json)).status, 200);
  const live = '{"broadcast_path":"/live/a","relay":"tokyo"}';
  const put = await ask("PUT", "/announce/tokyo/live/a", live, json);
  assert.equal(put.status, 200);
  assert.equal(put.body.broadcast_path, "/live/a");
  assert.equal(put.body.relay, "tokyo");
  assert.equal(put.body.status, "registered");
  const listed = (await ask("GET", "/announce")).body;
  assert.equal(listed.count, 1);
  assert.deepEqual(listed.entries[0], {
    relay: "tokyo",
    track: "live/a",
    broadcast_path: "/live/a",
    registered_at: "2026-01-01T00:00:00.000Z",
    expires_at: "2026-01-01T00:01:30.000Z",
  });
  const found = (await ask("GET", "/announce/lookup?broadcast_path=/live/a")).body;
  assert.equal(found.broadcast_path, "/live/a");
  assert.deepEqual(found.relays.map((one: { relay: string }) => one.relay), ["tokyo"]);
  assert.deepEqual((await ask("GET", "/announce/lookup?broadcast_path=/no")).body.relays, []);
  const gone = await ask("DELETE", "/announce/tokyo/live/a");
  assert.deepEqual([gone.status, gone.body.status], [200, "deregistered"]);
  assert.equal((await ask("DELETE", "/announce/tokyo/live/a")).status, 404);
});

Deno.test("PUT and DELETE /announce/{track} take the relay from the body and the query", async () => {
  const { ask } = await testController();
  await ask("PUT", "/relay/tokyo", {});
  const put = await ask("PUT", "/announce/live/a%252Fb", { relay: "tokyo" });
  assert.deepEqual(put.body, {
    relay: "tokyo",
    track: "live/a%2Fb",
    broadcast_path: "/live/a%2Fb",
    status: "registered",
    revision: 2,
  });
  const found = await ask("GET", `/announce/lookup?track=${encodeURIComponent("live/a%2fb")}`);
  assert.equal(found.body.relays.length, 1);
  assert.equal((await ask("DELETE", "/announce/live/a%252Fb?relay=tokyo")).status, 200);
  assert.deepEqual((await ask("GET", "/announce")).body, { revision: 3, count: 0, entries: [] });
});

Deno.test("GET /route answers as upstream does, with alternates and reasons when asked", async () => {
  const { ask } = await testController();
  await demo(ask);
  assert.deepEqual((await ask("GET", "/route?from=tokyo&to=newyork")).body, {
    from: "tokyo",
    to: "newyork",
    next_hop: "london",
    next_hop_address: "https://london:4433",
    full_path: ["tokyo", "london", "newyork"],
    cost: 330,
    revision: 3,
  });
  await ask("PUT", "/relay/tokyo", { neighbors: { london: 250, newyork: 400 } });
  const { body } = await ask("GET", "/route?from=tokyo&to=newyork&k=2&explain=true");
  assert.deepEqual(body.alternates.map((one: { cost: number }) => one.cost), [400]);
  assert.deepEqual(
    body.explanation.candidates.map((one: { verdict: string }) => one.verdict),
    ["chosen", "costs_more"],
  );
  assert.equal(body.explanation.links.length, 2);
  const self = (await ask("GET", "/route?from=tokyo&to=tokyo")).body;
  assert.deepEqual([self.next_hop, self.full_path, self.cost], ["tokyo", ["tokyo"], 0]);
});

Deno.test("GET /route refuses in upstream's words", async () => {
  const { ask } = await testController();
  await demo(ask);
  await ask("PUT", "/relay/alone", {});
  const refused = async (query: string) => {
    const { status, body } = await ask("GET", `/route${query}`);
    return [status, body.code, body.error];
  };
  const required = "'from' and 'to' query parameters are required";
  assert.deepEqual(await refused(""), [400, "bad_request", required]);
  assert.deepEqual(await refused("?from=x&to=tokyo"), [404, "node_not_found", "node not found"]);
  assert.deepEqual(await refused("?from=tokyo&to=alone"), [
    404,
    "no_path",
    "no path between nodes",
  ]);
});

Deno.test("GET /route with explain says why no route leads there", async () => {
  const { ask } = await testController();
  const why = async (from: string, to: string) =>
    (await ask("GET", `/route?from=${from}&to=${to}&explain=true`)).body.error;
  await ask("PUT", "/relay/tokyo", { neighbors: { london: 1 } });
  await ask("PUT", "/relay/london", { neighbors: { tokyo: 1, paris: 1 } });
  await ask("PUT", "/relay/alone", {});
  assert.equal(
    await why("tokyo", "nowhere"),
    "node not found: nowhere has not registered, and no relay names it as a neighbor",
  );
  assert.equal(
    await why("tokyo", "alone"),
    "no path between nodes: no relay that tokyo reaches has a link to alone",
  );
  await ask("POST", "/relay/london/drain");
  assert.equal(
    await why("tokyo", "paris"),
    "no path between nodes: paris has never registered; others only name it as a neighbor; " +
      "london is draining, and carries no transit",
  );
  await ask("POST", "/relay/london/undrain");
  await ask("PUT", "/relay/paris", { neighbors: { london: 1 } });
  await ask("PUT", "/relay/london", {
    neighbors: { tokyo: 1, paris: 1 },
    links: { paris: { up: false } },
  });
  assert.match(await why("tokyo", "paris"), /: .*the link from london to paris is down$/);
});

Deno.test("GET /routes/{relay} is the whole next-hop table", async () => {
  const { ask } = await testController();
  await demo(ask);
  assert.deepEqual((await ask("GET", "/routes/tokyo")).body.routes, {
    london: { next_hop: "london", next_hop_address: "https://london:4433", cost: 250 },
    newyork: { next_hop: "london", next_hop_address: "https://london:4433", cost: 330 },
  });
  assert.equal((await ask("GET", "/routes/nobody")).status, 404);
});

Deno.test("GET /graph has upstream's form, link states and an ETag", async () => {
  const { ask } = await testController();
  await demo(ask);
  await ask("PUT", "/relay/tokyo", { links: { london: { cost: 5, up: false }, stub: {} } });
  const { body, headers } = await ask("GET", "/graph");
  assert.deepEqual(body.nodes[0], {
    id: "london",
    region: "europe",
    address: "https://london:4433",
    state: "registered",
  });
  assert.equal(body.nodes[2].state, "never_registered");
  assert.deepEqual(body.adjacency, {
    london: { newyork: 80 },
    newyork: { london: 80 },
    tokyo: { stub: 1 },
  });
  assert.deepEqual(body.links.at(-2), {
    from: "tokyo",
    to: "london",
    state: "down",
    configured_cost: 5,
  });
  const etag = headers.get("etag") ?? "";
  assert.equal((await ask("GET", "/graph", undefined, { "if-none-match": etag })).status, 304);
});

Deno.test("GET /graph?since&wait answers when the graph changes, or when time is up", async () => {
  const { ask, clock } = await testController();
  await demo(ask);
  const waiting = ask("GET", "/graph?since=3&wait=30s");
  await clock.advance(1000);
  await ask("PUT", "/announce/x", { relay: "tokyo" });
  await ask("PUT", "/relay/paris", {});
  assert.equal((await waiting).body.revision, 5);
  const silent = ask("GET", "/graph?since=5&wait=30s");
  await clock.advance(30_000);
  assert.equal((await silent).status, 304);
});

Deno.test("a drained relay carries no transit and is assigned to nobody, until undrained", async () => {
  const { ask } = await testController();
  await demo(ask);
  await ask("PUT", "/relay/tokyo", { neighbors: { london: 250, newyork: 400 } });
  assert.equal((await ask("POST", "/relay/london/drain")).body.status, "draining");
  assert.equal((await ask("GET", "/route?from=tokyo&to=newyork")).body.cost, 400);
  assert.equal((await ask("GET", "/relay/london")).body.state, "draining");
  const assigned = await ask("GET", "/assign?region=europe");
  assert.notEqual(assigned.body.relay, "london");
  await ask("POST", "/relay/london/undrain");
  assert.equal((await ask("GET", "/route?from=tokyo&to=newyork")).body.cost, 330);
  assert.equal((await ask("GET", "/assign?region=europe")).body.relay, "london");
});

Deno.test("a relay's own word and an operator's order to drain hold each for itself", async () => {
  const { ask } = await testController();
  await demo(ask);
  await ask("PUT", "/relay/tokyo", { neighbors: { london: 250, newyork: 400 } });
  const neighbors = { tokyo: 250, newyork: 80 };
  const london = async (body: object) => {
    assert.equal((await ask("PUT", "/relay/london", { neighbors, ...body })).status, 200);
    const { cost } = (await ask("GET", "/route?from=tokyo&to=newyork")).body;
    return [(await ask("GET", "/relay/london")).body.state, cost];
  };
  assert.deepEqual(await london({ epoch: 1, seq: 1 }), ["registered", 330]);
  assert.deepEqual(await london({ epoch: 1, seq: 2, draining: true }), ["draining", 400]);
  assert.deepEqual(await london({ epoch: 1, seq: 3, draining: false }), ["registered", 330]);
  await ask("POST", "/relay/london/drain");
  assert.deepEqual(await london({ epoch: 1, seq: 4, draining: false }), ["draining", 400]);
  assert.deepEqual(await london({ epoch: 2, seq: 1 }), ["registered", 330]);
  assert.deepEqual(await london({ epoch: 3, seq: 1, draining: true }), ["draining", 400]);
  await ask("DELETE", "/relay/london");
  assert.deepEqual(await london({ epoch: 4, seq: 1 }), ["registered", 330]);
});

Deno.test("flows are what each relay said last, until its lease ends", async () => {
  const { ask, clock } = await testController();
  const flows = [
    { track: "live/~/video", next_hop: "b", source: "c" },
    { track: "live/~/audio", next_hop: "b", source: "c" },
  ];
  const shown = async () => (await ask("GET", "/flows")).body;
  assert.deepEqual(await shown(), { revision: 0, flows: [] });
  await ask("PUT", "/relay/a", { flows });
  const now = flows.map((flow) => ({ relay: "a", ...flow }));
  assert.deepEqual(await shown(), { revision: 1, flows: now });
  await ask("PUT", "/relay/a", { flows });
  await ask("PUT", "/relay/a", { flows: flows.toReversed() });
  await ask("PUT", "/relay/a", {});
  assert.deepEqual(await shown(), { revision: 1, flows: now });
  await ask("PUT", "/relay/a", { flows: [] });
  assert.deepEqual(await shown(), { revision: 2, flows: [] });
  await ask("PUT", "/relay/a", { flows });
  await clock.advance(90_000);
  assert.deepEqual(await shown(), { revision: 4, flows: [] });
  const { status, body } = await ask("PUT", "/relay/a", { flows: Array(1001).fill(flows[0]) });
  assert.deepEqual([status, body.code], [400, "bad_request"]);
});

Deno.test("flows that change are news for watchers alone, not for other controllers", async () => {
  const { ask, follow } = await testController();
  const told: string[] = [];
  follow((relays) => void told.push(...relays));
  await ask("PUT", "/relay/a", {});
  const flows = [{ track: "x", next_hop: "b", source: "b" }];
  assert.equal((await ask("PUT", "/relay/a", { flows })).body.revision, 2);
  assert.deepEqual(told, ["a"]);
});

Deno.test("the graph says by what certificate a relay is known, if it said so", async () => {
  const { ask } = await testController();
  const certificate_sha256 = "ab".repeat(32);
  await ask("PUT", "/relay/a", { certificate_sha256, neighbors: { b: 1 } });
  const { nodes } = (await ask("GET", "/graph")).body;
  assert.deepEqual(nodes, [
    { id: "a", region: "", state: "registered", certificate_sha256 },
    { id: "b", region: "", state: "never_registered" },
  ]);
});

Deno.test("a relay is gone from everything the moment its lease ends", async () => {
  const { ask, clock } = await testController();
  await demo(ask);
  await ask("PUT", "/announce/live/a", { relay: "london" });
  await clock.advance(60_000);
  await ask("PUT", "/relay/tokyo", { neighbors: { london: 250 } });
  await ask("PUT", "/relay/newyork", { neighbors: { london: 80 } });
  await clock.advance(29_999);
  assert.equal((await ask("GET", "/route?from=tokyo&to=newyork")).status, 200);
  await clock.advance(1);
  assert.equal((await ask("GET", "/route?from=tokyo&to=newyork")).body.code, "no_path");
  assert.equal((await ask("GET", "/relay/london")).status, 404);
  assert.deepEqual((await ask("GET", "/announce/lookup?track=live/a")).body.relays, []);
});

Deno.test("If-Match makes PUT and DELETE compare-and-set", async () => {
  const { ask } = await testController();
  const first = await ask("PUT", "/relay/a", { region: "eu" }, { "if-match": "*" });
  assert.equal(first.status, 412);
  await ask("PUT", "/relay/a", { region: "eu" });
  const { headers } = await ask("GET", "/relay/a");
  const etag = headers.get("etag") ?? "";
  assert.equal((await ask("PUT", "/relay/a", { region: "us" }, { "if-match": etag })).status, 200);
  const stale = await ask("DELETE", "/relay/a", undefined, { "if-match": etag });
  assert.deepEqual([stale.status, stale.body.code], [412, "precondition_failed"]);
  assert.equal((await ask("DELETE", "/relay/a", undefined, { "if-match": "x" })).status, 400);
  assert.equal((await ask("DELETE", "/relay/a", undefined, { "if-match": "*" })).status, 200);
});

Deno.test("a restarted relay fences its old self, and is asked for its announces", async () => {
  const { ask } = await testController();
  const announces_digest = announcesDigest(["live/a"]);
  await ask("PUT", "/relay/a", { epoch: 2, seq: 5 });
  const late = await ask("PUT", "/relay/a", { epoch: 1, seq: 9 });
  assert.deepEqual([late.status, late.body.code], [409, "stale_epoch"]);
  const beat = await ask("PUT", "/relay/a", { epoch: 2, seq: 6, announces_digest });
  assert.equal(beat.body.resend_announces, true);
  const sent = await ask("PUT", "/relay/a", { epoch: 2, seq: 7, announces: ["live/a"] });
  assert.equal(sent.body.resend_announces, undefined);
});

Deno.test("names survive the path: slashes, percent signs, spaces, letters of any alphabet", async () => {
  const { ask } = await testController();
  for (
    const name of ["a/b", "100%", "a b", "\u6771\u4eac", "%2F", "a?b#c"]
  ) {
    const path = `/relay/${encodeURIComponent(name)}`;
    assert.equal((await ask("PUT", path, {})).body.relay, name);
    assert.equal((await ask("GET", path)).body.relay, name);
    assert.equal((await ask("POST", `${path}/drain`)).body.relay, name);
    assert.equal((await ask("DELETE", path)).body.relay, name);
  }
  assert.equal((await ask("PUT", "/relay/a/b", {})).body.relay, "a/b");
});

Deno.test("names that people take for something else are refused, whoever says them", async () => {
  const { ask } = await testController();
  await ask("PUT", "/relay/tokyo", {});
  for (
    const [name, fault] of [
      ["tokyo/drain", "ends like an order to drain"],
      ["\u202eoykot", "has a character that cannot be seen"],
      ["tokyo\u200b", "has a character that cannot be seen"],
      ["tokyo\u00a0", "has a space that cannot be seen, or told from another"],
    ] as const
  ) {
    const path = encodeURIComponent(name);
    for (
      const [method, url, body] of [
        ["PUT", `/relay/${path}`, {}],
        ["PUT", "/announce/x", { relay: name }],
        ["DELETE", `/announce/x?relay=${path}`],
        ["PUT", "/relay/london", { neighbors: { [name]: 1 } }],
        ["GET", `/watch?scope=routes:${encodeURIComponent(path)}`],
      ] as const
    ) {
      const answer = await ask(method, url, body);
      assert.deepEqual([answer.status, answer.body.code], [400, "bad_request"], `${method} ${url}`);
    }
    const { body } = await ask("PUT", `/relay/${path}`, {});
    assert.equal(body.error, `The relay's name ${fault}`);
  }
  for (const method of ["PUT", "GET", "DELETE"]) {
    const answer = await ask(method, "/relay/tokyo/drain");
    assert.deepEqual([answer.status, answer.headers.get("allow")], [405, "POST"], method);
  }
  assert.equal((await ask("GET", "/relay")).body.count, 1);
});

Deno.test("lookup gives the nearest first", async () => {
  const { ask } = await testController();
  await demo(ask);
  for (const relay of ["tokyo", "newyork", "island"]) {
    await ask("PUT", "/announce/live/a", { relay });
  }
  const near = await ask("GET", "/announce/lookup?track=live/a&from=london");
  assert.deepEqual(
    near.body.relays.map((one: { relay: string; cost?: number }) => [one.relay, one.cost]),
    [["newyork", 80], ["tokyo", 250], ["island", undefined]],
  );
});

Deno.test("lookup finds a track by its own announce and by every namespace above it", async () => {
  const { ask } = await testController();
  await ask("PUT", "/relay/a", { announces: ["live/concert", "~/%2Froom/live"] });
  await ask("PUT", "/relay/b", { announces: ["live/concert/~/video", "live/concert/~/audio"] });
  await ask("PUT", "/relay/c", { announces: ["live", "live/con"] });
  const found = async (query: string) => {
    const { body } = await ask("GET", `/announce/lookup?${query}`);
    return body.relays.map((one: { relay: string; track: string }) => `${one.relay} ${one.track}`);
  };
  const all = ["b live/concert/~/video", "a live/concert", "c live"];
  assert.deepEqual(await found("track=live/concert/video"), all);
  assert.deepEqual(await found("track=live/concert/~/video"), all);
  assert.deepEqual(await found("track=live/concert/video&match=exact"), []);
  assert.deepEqual(await found("broadcast_path=/live/concert/video"), []);
  assert.deepEqual(await found("broadcast_path=/live/concert"), ["a live/concert"]);
  assert.deepEqual(await found("track=~/%252Froom/live/video"), ["a ~/%2Froom/live"]);
});

Deno.test("the directory is listed page by page", async () => {
  const { ask } = await testController();
  const announces = Array.from({ length: 25 }, (_, i) => `live/${i}`);
  await ask("PUT", "/relay/a", { announces });
  const seen: string[] = [];
  for (let after = "";;) {
    const { body } = await ask("GET", `/announce?prefix=live&limit=10${after}`);
    seen.push(...body.entries.map((one: { track: string }) => one.track));
    if (body.next === undefined) break;
    after = `&after=${body.next}`;
  }
  assert.deepEqual(seen, announces.sort());
});

Deno.test("a method that a path does not have is refused with those that it has", async () => {
  const { ask } = await testController();
  const { status, headers, body } = await ask("POST", "/relay/a", {});
  assert.deepEqual([status, body.code], [405, "method_not_allowed"]);
  assert.equal(headers.get("allow"), "DELETE, GET, HEAD, PUT");
  assert.equal((await ask("PUT", "/graph", {})).headers.get("allow"), "GET, HEAD");
  assert.equal((await ask("GET", "/nothing")).body.code, "not_found");
});

Deno.test("what is wrong with a request is said with its place", async () => {
  const { ask, faults } = await testController();
  const error = async (...request: Parameters<Ask>) => {
    const { status, body } = await ask(...request);
    return `${status} ${body.code}: ${body.error}`;
  };
  assert.match(await error("PUT", "/relay/a", "{"), /^400 bad_request: invalid JSON: /);
  assert.match(await error("PUT", "/relay/a", { x: 1 }), /400 bad_request: body: .*"x"/);
  assert.match(await error("PUT", "/relay/a", { neighbors: { b: "1" } }), /body\.neighbors\.b: /);
  assert.match(await error("PUT", "/relay/a", '{"neighbors":{"__proto__":1}}'), /__proto__/);
  assert.match(await error("PUT", "/relay/%FF", {}), /400 bad_request: .*percent-encoded/);
  assert.match(await error("PUT", "/relay/__proto__", {}), /400 bad_request: The relay's name/);
  assert.match(await error("GET", "/route?from=a&to=b&k=x"), /query\.k: /);
  assert.match(await error("GET", "/route?from=a&from=b&to=c"), /from is given more than once/);
  assert.match(await error("GET", "/graph?color=1"), /400 bad_request: query: .*color/);
  assert.match(await error("PUT", "/relay/a", "x".repeat(9e6)), /413 too_large: /);
  assert.match(await error("PUT", "/announce/x", "y".repeat(70_000)), /413 too_large: /);
  assert.deepEqual(faults, []);
});

Deno.test("tokens give roles, and a token for one relay speaks for that one alone", async () => {
  const token = (text: string, role: "read" | "relay" | "admin", relay?: string) => ({
    sha256: createHash("sha256").update(text).digest(),
    role,
    ...(relay && { relay }),
  });
  const authenticate = tokenAccess([
    token("reader", "read"),
    token("tokyo-token", "relay", "tokyo"),
    token("boss", "admin"),
  ]);
  const { ask } = await testController({ app: { authenticate } });
  const as = (name: string) => ({ authorization: `Bearer ${name}` });
  const status = async (...request: Parameters<Ask>) => (await ask(...request)).status;
  const nobody = await ask("GET", "/graph");
  assert.deepEqual([nobody.status, nobody.headers.get("www-authenticate")], [401, "Bearer"]);
  assert.equal(await status("GET", "/graph", undefined, as("wrong")), 401);
  assert.equal(await status("GET", "/graph", undefined, as("reader")), 200);
  assert.equal(await status("PUT", "/relay/tokyo", {}, as("reader")), 403);
  assert.equal(await status("PUT", "/relay/tokyo", {}, as("tokyo-token")), 200);
  assert.equal(await status("PUT", "/relay/london", {}, as("tokyo-token")), 403);
  assert.equal(await status("PUT", "/announce/x", { relay: "tokyo" }, as("tokyo-token")), 200);
  assert.equal(await status("PUT", "/announce/x", { relay: "london" }, as("tokyo-token")), 403);
  assert.equal(await status("PUT", "/announce/london/x", undefined, as("tokyo-token")), 403);
  assert.equal(
    await status("DELETE", "/announce/x?relay=london", undefined, as("tokyo-token")),
    403,
  );
  assert.equal(await status("POST", "/relay/tokyo/drain", undefined, as("tokyo-token")), 403);
  assert.equal(await status("POST", "/relay/tokyo/drain", undefined, as("boss")), 200);
  assert.equal(await status("PUT", "/relay/london", {}, as("boss")), 200);
  assert.equal(await status("GET", "/health"), 200);
});

Deno.test("a client that asks too often is refused until it has waited", async () => {
  const { ask, clock } = await testController({ app: { rateLimit: { perSecond: 1, burst: 2 } } });
  const status = async () => (await ask("GET", "/graph")).status;
  assert.deepEqual([await status(), await status(), await status()], [200, 200, 429]);
  await clock.advance(1000);
  assert.deepEqual([await status(), await status()], [200, 429]);
});

Deno.test("health, metrics and the headers that every answer has", async () => {
  const { ask, requests } = await testController();
  await demo(ask);
  const { body, headers } = await ask("GET", "/health");
  assert.deepEqual(body, {
    status: "ok",
    live: true,
    ready: true,
    revision: 3,
    relays: 3,
    announces: 0,
  });
  assert.match(headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
  assert.equal(headers.get("x-content-type-options"), "nosniff");
  const metrics = (await ask("GET", "/metrics")).body;
  assert.match(metrics, /qumo_sdn_relays\{state="registered"\} 3/);
  assert.match(metrics, /qumo_sdn_revision 3/);
  assert.deepEqual(requests[0], {
    method: "PUT",
    path: "/relay/:name",
    status: 200,
    milliseconds: 0,
  });
});

Deno.test("without a relay that fits nobody is assigned one", async () => {
  const { ask } = await testController();
  assert.equal((await ask("GET", "/assign")).body.code, "no_relay_available");
  await ask("PUT", "/relay/mute", {});
  assert.equal((await ask("GET", "/assign")).status, 404);
  assert.equal((await ask("GET", "/assign?latitude=1")).status, 400);
  assert.equal((await ask("GET", "/assign?latitude=91&longitude=0")).status, 400);
});

Deno.test("a body that does not come in time is refused, whether it said its length or not", async () => {
  for (const headers of [{}, { "content-length": "100" }]) {
    const { request, clock, faults } = await testController();
    const gone = Promise.withResolvers<void>();
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("{")),
      cancel: () => gone.resolve(),
    });
    const answer = request("/relay/a", { method: "PUT", body, headers });
    await clock.advance(29_999);
    assert.equal(clock.pending, 1);
    await clock.advance(1);
    const response = await answer;
    assert.equal(response.status, 400);
    assert.equal((await response.json()).error, "The body took too long");
    assert.equal(clock.pending, 0);
    assert.deepEqual(faults, []);
  }
});

Deno.test("a relay that was killed is unreachable at once, then expired, and keeps its place", async () => {
  const { ask, clock } = await testController();
  const tokyo = { region: "asia", address: "moqt://tokyo:4433", links: { london: {}, paris: {} } };
  await ask("PUT", "/relay/tokyo", tokyo);
  const here = { london: { tokyo: {}, paris: {} }, paris: { tokyo: {}, london: {} } };
  for (const [name, links] of Object.entries(here)) await ask("PUT", `/relay/${name}`, { links });
  const stateOf = async () => {
    const { body } = await ask("GET", "/graph");
    const node = body.nodes.find(({ id }: { id: string }) => id === "tokyo");
    return [node?.state, node?.region, node?.address];
  };
  const place = ["asia", "moqt://tokyo:4433"];
  assert.deepEqual(await stateOf(), ["registered", ...place]);
  await clock.advance(20_000);
  const gone = { tokyo: { up: false } };
  await ask("PUT", "/relay/london", { links: { ...here.london, ...gone } });
  assert.deepEqual(await stateOf(), ["registered", ...place], "paris still reaches it");
  await ask("PUT", "/relay/paris", { links: { ...here.paris, ...gone } });
  assert.deepEqual(await stateOf(), ["unreachable", ...place]);
  const { body } = await ask("GET", "/relay/tokyo");
  const seen = new Date(START).toISOString();
  assert.deepEqual([body.state, body.last_seen], ["unreachable", seen]);
  assert.match((await ask("GET", "/metrics")).body, /qumo_sdn_relays\{state="unreachable"\} 1/);

  await clock.advance(40_000);
  for (const name of ["london", "paris"]) await ask("PUT", `/relay/${name}`, {});
  await clock.advance(30_000);
  assert.deepEqual((await ask("GET", "/relay")).body.expired, [{
    relay: "tokyo",
    region: "asia",
    address: "moqt://tokyo:4433",
    last_seen: seen,
    expired_at: new Date(START + 90_000).toISOString(),
  }]);
  await ask("PUT", "/relay/london", { links: { tokyo: { up: false }, nowhere: {} } });
  assert.deepEqual(await stateOf(), ["expired", ...place]);
  const { nodes } = (await ask("GET", "/graph")).body;
  assert.equal(nodes.find(({ id }: { id: string }) => id === "nowhere").state, "never_registered");
  assert.match((await ask("GET", "/metrics")).body, /qumo_sdn_relays\{state="expired"\} 1/);

  // It comes back, and an end that was meant is another word than one that was not.
  const links = { london: { up: false }, paris: { up: false } };
  await ask("PUT", "/relay/tokyo", { ...tokyo, links });
  assert.deepEqual((await ask("GET", "/relay")).body.expired, []);
  assert.deepEqual(await stateOf(), ["registered", ...place]);
  await ask("DELETE", "/relay/tokyo");
  assert.deepEqual(await stateOf(), ["deregistered", ...place]);
});

Deno.test("half an hour of a mesh is in the log and in GET /events", async () => {
  const { ask, clock, lines, request } = await testController({
    app: {
      authenticate: (header) => header === "Bearer wrong" ? unknownToken : openAccess(header),
    },
  });
  const put = (name: string, body: unknown) => ask("PUT", `/relay/${name}`, body);
  await put("tokyo", {
    region: "asia",
    address: "moqt://t:1",
    epoch: 2,
    seq: 1,
    links: { london: {} },
  });
  await put("london", { links: { tokyo: {} }, announces: ["live/a"] });
  await put("tokyo", { epoch: 1, seq: 9 });
  await put("london", { links: { tokyo: { up: false } }, announces: ["live/a", "live/b"] });
  await clock.advance(5000);
  await put("london", { links: { tokyo: { up: true } } });
  await ask("POST", "/relay/london/drain");
  await ask("POST", "/relay/london/undrain");
  for (let at = 0; at < 3; at++) {
    await request("/relay", { headers: { authorization: "Bearer wrong" } });
  }
  await clock.advance(60_000);
  await put("london", {});
  await clock.advance(30_000);
  await ask("DELETE", "/relay/london");

  const { body } = await ask("GET", "/events");
  const texts = body.events.map(({ text }: { text: string }) => text);
  assert.deepEqual(texts, [
    "tokyo registered: asia, moqt://t:1",
    "london registered: announces 1",
    "tokyo: an older process of that name was refused",
    "london says its link to tokyo is down",
    "tokyo is unreachable: no neighbor reaches it (says london)",
    "london announces 2 names instead of 1",
    "london says its link to tokyo is up",
    "tokyo is reachable again",
    "london was told to drain by admin at 127.0.0.1",
    "The drain of london was cancelled by admin at 127.0.0.1",
    "A request was refused for the token, last from 127.0.0.1: GET /relay",
    "2 requests were refused for the token, last from 127.0.0.1: GET /relay",
    "london no longer declares a link to tokyo",
    "tokyo expired: no heartbeat for 90 s",
    "london deregistered: it shut down normally",
  ]);
  assert.deepEqual(
    lines.filter(({ text }) => !text.startsWith("debug")).map(({ fields }) => fields.relay),
    body.events.map(({ relay }: { relay?: string }) => relay),
    "the log says the same",
  );
  assert.equal(lines.filter(({ text }) => text === "debug: announced").length, 2);
  const later = (await ask("GET", `/events?since=${body.events[12].id}&limit=1`)).body;
  assert.deepEqual(later.events.map(({ text }: { text: string }) => text), texts.slice(13, 14));
  assert.deepEqual([later.oldest, later.newest], [body.events[0].id, body.events[14].id]);
  assert.equal((await ask("GET", "/events?limit=1001")).status, 400);
});

const unknownToken = refused(refusal("unauthorized", "The token is not known"));

Deno.test("what else a client asks does not keep its relays from beating", async () => {
  const { ask } = await testController({ app: { rateLimit: { perSecond: 1, burst: 3 } } });
  for (let asked = 0; asked < 3; asked++) assert.equal((await ask("GET", "/graph")).status, 200);
  assert.equal((await ask("GET", "/graph")).status, 429);
  assert.equal((await ask("PUT", "/relay/a", {})).status, 200);
});

Deno.test("a search costs a client what it costs the controller", async () => {
  const subject = await testController({ app: { rateLimit: { perSecond: 10, burst: 500 } } });
  const { ask, controller, clock } = subject;
  for (let relay = 0; relay < 200; relay++) {
    await controller.relays.register(`r${relay}`, { neighbors: { [`r${(relay + 1) % 200}`]: 1 } });
  }
  const search = () => ask("GET", "/route?from=r0&to=r100&k=16&explain=true");
  let answered = 0;
  while ((await search()).status === 200) answered++;
  assert.ok(answered > 0 && answered < 10, `${answered} at once`);
  assert.equal((await ask("GET", "/relay/r1")).status, 429);
  await clock.advance(20_000);
  assert.equal((await ask("GET", "/relay/r1")).status, 200, "the debt is paid");
});

Deno.test("a body costs a client what it takes to read", async () => {
  const { ask } = await testController({ app: { rateLimit: { perSecond: 1, burst: 10 } } });
  const body = JSON.stringify({ region: "x", announces: Array(2000).fill("y".repeat(100)) });
  assert.equal((await ask("PUT", "/relay/a", body)).status, 200);
  assert.equal((await ask("PUT", "/relay/a", body)).status, 429);
});

Deno.test("waiting for what comes after a revision that never was ends at once", async () => {
  const { ask } = await testController();
  await ask("PUT", "/relay/a", {});
  const answer = await ask("GET", "/graph?since=4000&wait=30s");
  assert.deepEqual([answer.status, answer.body.revision], [200, 1]);
});

Deno.test("an announce with a slash at its end is taken as the Go program took it", async () => {
  const { ask } = await testController();
  const { status, body } = await ask("PUT", "/announce/tokyo/live/d/");
  assert.deepEqual([status, body.track], [200, "live/d"]);
  const found = await ask("GET", "/announce/lookup?broadcast_path=/live/d/");
  assert.deepEqual([found.status, found.body.relays.length], [200, 1]);
  assert.equal((await ask("DELETE", "/announce/tokyo/live/d/")).status, 200);
});

Deno.test("what is refused at a limit is told of, with who asked and for what", async () => {
  const { ask, lines } = await testController();
  const announces = Array.from({ length: 5000 }, (_, at) => `${at}`.padEnd(900, "x"));
  const { status, body } = await ask("PUT", "/relay/a", { announces });
  assert.deepEqual([status, body.code], [429, "limit_reached"]);
  const said = lines.map(({ text }) => text).filter((text) => text.includes("limit reached"));
  assert.equal(said.length, 1);
});

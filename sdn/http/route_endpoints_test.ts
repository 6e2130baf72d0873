import assert from "node:assert/strict";
import { registerDemo, testController } from "../../tests/support/worlds/sdn_controller.ts";

Deno.test("GET /route answers as upstream does, with alternates and reasons when asked", async () => {
  const { ask } = await testController();
  await registerDemo(ask);
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

Deno.test("GET /route says what the route would be without a relay, and who would be cut off", async () => {
  const { ask } = await testController();
  const put = (name: string, neighbors: object) => ask("PUT", `/relay/${name}`, { neighbors });
  await put("a", { b: 1, c: 5 });
  await put("b", { a: 1, d: 1 });
  await put("c", { a: 5, d: 5 });
  await put("d", { b: 1, c: 5, end: 1 });
  await put("end", { d: 1 });
  const route = async (query: string) => (await ask("GET", `/route?from=a&${query}`)).body;
  assert.deepEqual((await route("to=d")).full_path, ["a", "b", "d"]);
  const other = await route("to=d&without=b&k=2&explain=1");
  assert.deepEqual([other.full_path, other.cost, other.alternates], [["a", "c", "d"], 10, []]);
  assert.deepEqual(
    other.explanation.candidates.map((one: { verdict: string }) => one.verdict),
    ["left_out", "chosen"],
  );
  const cut = await route("to=end&without=d&explain=1");
  assert.deepEqual(
    [cut.code, cut.error],
    ["no_path", "no path between nodes: every path leads through d"],
  );
  assert.match((await route("to=b&without=b&explain=1")).error, /b is an end of the route$/);
  assert.equal((await route("to=d&without=x")).code, "node_not_found");
  assert.deepEqual((await route("to=d")).full_path, ["a", "b", "d"], "nothing has changed");
});

Deno.test("GET /route says what the route would be without a whole machine", async () => {
  const { ask } = await testController();
  const put = (name: string, neighbors: object, host?: string) =>
    ask("PUT", `/relay/${name}`, { neighbors, ...(host && { host }) });
  // Both ways that are cheap lead through the machine.
  await put("a", { "m-1": 1, "m-2": 2, c: 9 });
  await put("m-1", { a: 1, d: 1 }, "m");
  await put("m-2", { a: 2, d: 2, end: 1 }, "m");
  await put("c", { a: 9, d: 9 });
  await put("d", { "m-1": 1, "m-2": 2, c: 9 });
  await put("end", { "m-2": 1 });
  const route = async (query: string) => (await ask("GET", `/route?from=a&${query}`)).body;
  assert.deepEqual((await route("to=d&without=m-1")).full_path, ["a", "m-2", "d"]);
  const other = await route("to=d&without_host=m&k=2&explain=1");
  assert.deepEqual([other.full_path, other.alternates], [["a", "c", "d"], []]);
  assert.deepEqual(
    other.explanation.candidates.map((one: { verdict: string }) => one.verdict),
    ["chosen", "left_out", "left_out"],
  );
  const cut = await route("to=end&without_host=m&explain=1");
  assert.equal(cut.error, "no path between nodes: every path leads through m");
  const end = await route("to=m-2&without_host=m&explain=1");
  assert.equal(end.error, "no path between nodes: m-2, an end of the route, is on it");
  const unknown = await route("to=d&without_host=x&explain=1");
  assert.deepEqual([unknown.code, unknown.error], [
    "node_not_found",
    "host not found: no relay is on x",
  ]);
  assert.equal((await ask("GET", "/route?from=a&to=d&without=c&without_host=m")).status, 400);
});

Deno.test("GET /route refuses in upstream's words", async () => {
  const { ask } = await testController();
  await registerDemo(ask);
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
  await registerDemo(ask);
  assert.deepEqual((await ask("GET", "/routes/tokyo")).body.routes, {
    london: { next_hop: "london", next_hop_address: "https://london:4433", cost: 250 },
    newyork: { next_hop: "london", next_hop_address: "https://london:4433", cost: 330 },
  });
  assert.equal((await ask("GET", "/routes/nobody")).status, 404);
});

Deno.test("GET /graph has upstream's form, link states and an ETag", async () => {
  const { ask } = await testController();
  await registerDemo(ask);
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
  await registerDemo(ask);
  const waiting = ask("GET", "/graph?since=3&wait=30s");
  await clock.advance(1000);
  await ask("PUT", "/announce/x", { relay: "tokyo" });
  await ask("PUT", "/relay/paris", {});
  assert.equal((await waiting).body.revision, 5);
  const silent = ask("GET", "/graph?since=5&wait=30s");
  await clock.advance(30_000);
  assert.equal((await silent).status, 304);
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

Deno.test("without a relay that fits nobody is assigned one", async () => {
  const { ask } = await testController();
  assert.equal((await ask("GET", "/assign")).body.code, "no_relay_available");
  await ask("PUT", "/relay/mute", {});
  assert.equal((await ask("GET", "/assign")).status, 404);
  assert.equal((await ask("GET", "/assign?latitude=1")).status, 400);
  assert.equal((await ask("GET", "/assign?latitude=91&longitude=0")).status, 400);
});

Deno.test("GET /assign gathers viewers where the track is, with its publisher or taken for others", async () => {
  const { ask } = await testController();
  const beat = (name: string, cpu: number, more: object = {}) =>
    ask("PUT", `/relay/${name}`, {
      address: `moqt://${name}:4433`,
      neighbors: { one: 1, two: 1, three: 1 },
      load: { cpu },
      ...more,
    });
  const flows = [{ track: "live/x/~/video", next_hop: "one", source: "one" }];
  await beat("one", 0.6, { announces: ["live/x"] });
  await beat("two", 0.4);
  await beat("three", 0);
  const assigned = async () => (await ask("GET", "/assign?track=live/x")).body.relay;
  assert.equal(await assigned(), "one");
  const { relay, url, cpu } = (await ask("GET", "/assign")).body;
  assert.deepEqual([relay, cpu], ["three", 0], "for no track, the idle one");
  assert.equal(url, "moqt://three:4433/?via=assign");
  await ask("DELETE", "/relay/one");
  await beat("one", 0.8, { announces: ["live/x"] });
  assert.equal(await assigned(), "three");
  await beat("two", 0.4, { flows });
  assert.equal(await assigned(), "two");
});

Deno.test("a search costs a client what it costs the controller", async () => {
  const subject = await testController({
    live: { rateLimit: () => ({ perSecond: 10, burst: 500 }) },
  });
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

Deno.test("waiting for what comes after a revision that never was ends at once", async () => {
  const { ask } = await testController();
  await ask("PUT", "/relay/a", {});
  const answer = await ask("GET", "/graph?since=4000&wait=30s");
  assert.deepEqual([answer.status, answer.body.revision], [200, 1]);
});

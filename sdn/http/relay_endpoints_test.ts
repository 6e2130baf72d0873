import assert from "node:assert/strict";
import { announcesDigest } from "@qumo/shared/topology";
import { MAX_ONLY_HAD, MAX_ONLY_HAD_LENGTH } from "../registry/limits.ts";
import { registerDemo, START, testController } from "../../tests/support/worlds/sdn_controller.ts";

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
    reads_host: true,
    reads_version: true,
    tenants: [],
  });
});

Deno.test("relays of one machine say so, are seen so, and stand in for each other", async () => {
  const { ask } = await testController();
  const beat = (name: string, host: object = {}) =>
    ask("PUT", `/relay/${name}`, {
      address: `moqt://${name}:4433`,
      neighbors: { "tokyo-1": 1, "tokyo-2": 1, osaka: 1 },
      ...host,
    });
  await beat("osaka");
  for (const name of ["tokyo-1", "tokyo-2"]) await beat(name, { host: "tokyo" });
  const hosts = (rows: { host?: string }[]) => rows.map(({ host }) => host);
  assert.deepEqual(hosts((await ask("GET", "/relay")).body.relays), [undefined, "tokyo", "tokyo"]);
  assert.deepEqual(hosts((await ask("GET", "/graph")).body.nodes), [undefined, "tokyo", "tokyo"]);
  for (let client = 0; client < 20; client++) {
    const query = `client=${client}&instead_of=tokyo-1`;
    assert.equal((await ask("GET", `/assign?${query}`)).body.relay, "tokyo-2");
  }
  await ask("POST", "/relay/tokyo-2/drain");
  assert.equal((await ask("GET", "/assign?instead_of=tokyo-1")).body.relay, "osaka");
  await beat("tokyo-1");
  assert.equal((await ask("GET", "/relay/tokyo-1")).body.host, undefined, "it is alone again");
});

Deno.test("a relay says its version, which the list has until it says none", async () => {
  const { ask } = await testController();
  const versionOf = async () => (await ask("GET", "/relay")).body.relays[0].version;
  await ask("PUT", "/relay/a", { version: "1.2.0-rc.1+abc" });
  assert.equal(await versionOf(), "1.2.0-rc.1+abc");
  await ask("PUT", "/relay/a", { version: "1.3.0" });
  assert.equal(await versionOf(), "1.3.0");
  await ask("PUT", "/relay/a", {});
  assert.equal(await versionOf(), undefined, "downgraded to one that says none");
  for (const version of ["", "x".repeat(65), "1 2", "1\u001b[2J", "é"]) {
    const { status, body } = await ask("PUT", "/relay/a", { version });
    assert.equal(status, 400, version);
    assert.match(body.error, /version/);
  }
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

Deno.test("a drained relay carries no transit and is assigned to nobody, until undrained", async () => {
  const { ask } = await testController();
  await registerDemo(ask);
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
  await registerDemo(ask);
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
  const { ask, controller } = await testController();
  const told: string[] = [];
  controller.peers.replicate({
    push: (relays) => void told.push(...relays),
    pushAccess: () => {},
    pushUsage: () => {},
    kick: () => 0,
    isDeaf: () => false,
  });
  await ask("PUT", "/relay/a", {});
  const flows = [{ track: "x", next_hop: "b", source: "b" }];
  assert.equal((await ask("PUT", "/relay/a", { flows })).body.revision, 2);
  assert.deepEqual(told, ["a"]);
});

Deno.test("a relay is gone from everything the moment its lease ends", async () => {
  const { ask, clock } = await testController();
  await registerDemo(ask);
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
  assert.equal(beat.body.has_rival, true);
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
    only_had: [],
    only_had_count: 0,
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

Deno.test("of a relay that expired the list has what it reported last and what only it had, up to a bound", async () => {
  const { ask, clock } = await testController();
  const names = Array.from({ length: MAX_ONLY_HAD + 5 }, (_, at) => `own/${at}`);
  const load = { sessions: 9, subscriptions: 21 };
  await ask("PUT", "/relay/a", { load, announces: ["shared", ...names] });
  const long = "x".repeat(MAX_ONLY_HAD_LENGTH + 1);
  await ask("PUT", "/relay/b", { announces: [long] });
  await clock.advance(45_000);
  await ask("PUT", "/relay/c", { announces: ["shared"] });
  await clock.advance(45_000);
  const { expired } = (await ask("GET", "/relay")).body;
  const of = (name: string) => expired.find(({ relay }: { relay: string }) => relay === name);
  assert.deepEqual([of("a").load, of("a").only_had_count], [load, names.length]);
  assert.deepEqual(of("a").only_had, names.slice(0, MAX_ONLY_HAD));
  assert.deepEqual([of("b").only_had, of("b").only_had_count], [[], 1], "it is too long");
  const { events } = (await ask("GET", "/events")).body;
  const told = events.map(({ text }: { text: string }) => text);
  assert.ok(
    told.includes("a expired: no heartbeat for 90 s; only it had own/0, own/1, own/2 and 22 more"),
  );
  assert.ok(told.includes("b expired: no heartbeat for 90 s; only it had 1 track"));
});

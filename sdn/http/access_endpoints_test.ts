import assert from "node:assert/strict";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { START, testController } from "../../tests/support/worlds/sdn_controller.ts";
import { DEFAULT_REVOCATION_MS, MAX_REVOCATION_MS } from "../registry/limits.ts";

const HOUR = 3_600_000;
const date = (time: number) => new Date(time).toISOString();
const TOKEN = { kind: "token", value: "jti-1" };

Deno.test("what is revoked is listed, once however often it is said, until it is taken back", async () => {
  const { ask, events } = await testController();
  const { status, body } = await ask("POST", "/revoke", { ...TOKEN, reason: "stolen" });
  assert.equal(status, 200);
  const { id } = body;
  const told = {
    id,
    ...TOKEN,
    reason: "stolen",
    created_at: date(START),
    expires_at: date(START + DEFAULT_REVOCATION_MS),
  };
  assert.deepEqual(body, { ...told, revision: 1 });
  assert.deepEqual((await ask("POST", "/revoke", TOKEN)).body, { ...told, revision: 1 });
  const until = date(START + HOUR);
  const shorter = await ask("POST", "/revoke", { ...TOKEN, expires_at: until });
  assert.deepEqual(shorter.body, { ...told, expires_at: until, revision: 2 });
  const list = await ask("GET", "/revoke");
  assert.deepEqual(list.body, {
    revision: 2,
    count: 1,
    revocations: [{ ...told, expires_at: until }],
  });
  assert.equal((await ask("DELETE", `/revoke/${id}`)).body.status, "unrevoked");
  assert.equal((await ask("DELETE", `/revoke/${id}`)).body.code, "not_found");
  assert.equal((await ask("GET", "/revoke")).body.count, 0);
  const kinds = events.page(undefined, 10).events.map(({ kind, by }) => `${kind} ${by}`);
  const by = "admin at 127.0.0.1";
  assert.deepEqual(kinds, [`revoked ${by}`, `revoked ${by}`, `unrevoked ${by}`]);
});

Deno.test("a revocation is forgotten when its time is over, and can be given again", async () => {
  const clock = new ManualClock(START);
  const { ask } = await testController({ clock });
  const order = { ...TOKEN, expires_at: date(START + HOUR) };
  const { body: { id } } = await ask("POST", "/revoke", order);
  await clock.advance(HOUR);
  assert.equal((await ask("GET", "/revoke")).body.count, 0);
  assert.equal((await ask("DELETE", `/revoke/${id}`)).status, 404);
  assert.equal((await ask("POST", "/revoke", order)).status, 400);
  assert.equal((await ask("POST", "/revoke", TOKEN)).body.id, id);
});

Deno.test("a revocation of nothing, of the past, or for good is refused", async () => {
  const { ask } = await testController();
  for (
    const body of [
      { kind: "person", value: "x" },
      { kind: "token", value: "" },
      { kind: "session", value: "17" },
      { kind: "namespace", value: "a/~/video" },
      { ...TOKEN, expires_at: "soon" },
      { ...TOKEN, expires_at: date(START - 1) },
      { ...TOKEN, expires_at: date(START + MAX_REVOCATION_MS + 1) },
      { ...TOKEN, id: "mine" },
    ]
  ) {
    const { status, body: answer } = await ask("POST", "/revoke", body);
    assert.equal(status, 400, JSON.stringify([body, answer]));
  }
});

Deno.test("the list of revocations is read page by page", async () => {
  const { ask } = await testController();
  const ids = new Set<string>();
  for (let at = 0; at < 5; at++) {
    ids.add((await ask("POST", "/revoke", { kind: "subject", value: `s${at}` })).body.id);
  }
  const found = new Set<string>();
  let after = "";
  do {
    const { body } = await ask("GET", `/revoke?limit=2${after && `&after=${after}`}`);
    for (const { id } of body.revocations) found.add(id);
    after = body.next ?? "";
  } while (after !== "");
  assert.deepEqual([...found].sort(), [...ids].sort());
});

Deno.test("a policy is set, changed, listed with what is used of it, and deleted", async () => {
  const { ask } = await testController();
  const used = { sessions: 0, tracks: 0, ingress_bps: 0, egress_bps: 0 };
  const terms = { sessions: 10, regions: ["eu"] };
  const put = await ask("PUT", "/policy/acme%2Ftv", terms);
  assert.deepEqual(put.body, { tenant: "acme/tv", ...terms, used, revision: 1 });
  assert.equal((await ask("PUT", "/policy/acme%2Ftv", terms)).body.revision, 1);
  assert.equal((await ask("PUT", "/policy/acme%2Ftv", { tracks: 2 })).body.sessions, undefined);
  await ask("PUT", "/relay/r", {
    tenants: [{ tenant: "acme/tv", sessions: 3, egress_bps: 1e6 }],
  });
  const one = await ask("GET", "/policy/acme%2Ftv");
  assert.deepEqual(one.body, {
    tenant: "acme/tv",
    tracks: 2,
    used: { ...used, sessions: 3, egress_bps: 1e6 },
    revision: 3,
  });
  const list = await ask("GET", "/policy");
  assert.deepEqual(list.body, {
    revision: 3,
    count: 1,
    policies: [{ tenant: "acme/tv", tracks: 2 }],
  });
  assert.equal((await ask("DELETE", "/policy/acme%2Ftv")).body.status, "deleted");
  assert.equal((await ask("GET", "/policy/acme%2Ftv")).status, 404);
  assert.equal((await ask("DELETE", "/policy/acme%2Ftv")).status, 404);
  assert.equal((await ask("PUT", "/policy/..%2F", { seats: 1 })).status, 400);
  assert.equal((await ask("PUT", "/policy/%00", {})).status, 400);
});

Deno.test("at its limit a list refuses what is new, and forgets nothing", async () => {
  const { controller, ask } = await testController({
    controller: {
      capacity: {
        maxRevocations: 3,
        maxRevocationsPerKind: 2,
        maxPolicies: 1,
        maxAccessLength: 400,
      },
    },
  });
  const revoke = (kind: string, value: string) => ask("POST", "/revoke", { kind, value });
  const { body: { id } } = await revoke("token", "1");
  await revoke("token", "2");
  const full = await revoke("token", "3");
  assert.deepEqual([full.status, full.body.code], [429, "limit_reached"]);
  assert.match(full.body.error, /2 revocations of one kind/);
  await revoke("tenant", "1");
  assert.match((await revoke("tenant", "2")).body.error, /3 revocations/);
  // What is there can be said again, and be taken back; it counts until it is forgotten.
  assert.equal((await revoke("token", "1")).status, 200);
  assert.equal((await ask("DELETE", `/revoke/${id}`)).status, 200);
  assert.equal((await revoke("key", "1")).body.code, "limit_reached");
  assert.equal((await revoke("token", "1")).status, 200);
  await ask("PUT", "/policy/a", {});
  assert.match((await ask("PUT", "/policy/b", {})).body.error, /1 policies/);
  const long = { regions: Array(4).fill("x".repeat(128)) };
  assert.match((await ask("PUT", "/policy/a", long)).body.error, /400 characters/);
  assert.equal((await ask("GET", "/revoke")).body.count, 3);
  assert.equal(controller.health().ready, true);
});

Deno.test("a heartbeat is told what the tenants of its relay use at all others", async () => {
  const clock = new ManualClock(START);
  const { ask } = await testController({ clock });
  const beat = async (relay: string, tenants?: object[]) =>
    (await ask("PUT", `/relay/${relay}`, { ...(tenants && { tenants }) })).body.tenants;
  const usage = (tenant: string, sessions: number) => ({
    tenant,
    sessions,
    tracks: 1,
    ingress_bps: 0.5,
    egress_bps: 1,
  });
  const none = { tracks: 0, ingress_bps: 0, egress_bps: 0 };
  assert.deepEqual(await beat("a"), [], "it says that it may report");
  assert.deepEqual(await beat("a", [usage("x", 2), usage("y", 1)]), [
    { tenant: "x", sessions: 0, ...none },
    { tenant: "y", sessions: 0, ...none },
  ]);
  assert.deepEqual(await beat("b", [usage("x", 5)]), [
    { tenant: "x", sessions: 2, tracks: 1, ingress_bps: 1, egress_bps: 1 },
  ]);
  assert.equal((await beat("a"))[0].sessions, 5, "it said nothing new");
  assert.deepEqual(await beat("a", []), []);
  assert.equal((await beat("b"))[0].sessions, 0);
  await beat("a", [usage("x", 7)]);
  await clock.advance(60_000);
  assert.equal((await beat("b"))[0].sessions, 7);
  await clock.advance(30_000);
  assert.equal((await beat("b"))[0].sessions, 0, "what is not heard for a lease does not count");
  await beat("a", [usage("x", 7)]);
  await ask("DELETE", "/relay/a");
  assert.equal((await beat("b"))[0].sessions, 0);
});

Deno.test("a relay that says that a tenant uses impossibly much spoils nothing for the others", async () => {
  const { ask } = await testController({ clock: new ManualClock(START) });
  const usage = { tenant: "x", sessions: 1, tracks: 1, ingress_bps: 1, egress_bps: 1 };
  const beat = (relay: string, tenants: object[]) => ask("PUT", `/relay/${relay}`, { tenants });
  for (const much of [{ sessions: 2 ** 53 - 1 }, { tracks: 1e10 }, { ingress_bps: 1e308 }]) {
    const said = Array(10).fill({ ...usage, ...much });
    assert.equal((await beat("a", said)).status, 400);
  }
  const most = { sessions: 1e9, tracks: 1e9, ingress_bps: 1e15, egress_bps: 1e15 };
  assert.equal((await beat("a", Array(1_000).fill({ ...usage, ...most }))).status, 200);
  const [told] = (await beat("b", [usage])).body.tenants;
  assert.deepEqual(told, {
    tenant: "x",
    sessions: 1e12,
    tracks: 1e12,
    ingress_bps: 1e18,
    egress_bps: 1e18,
  });
});

Deno.test("a relay whose name is revoked loses its registration, and comes back when it is not", async () => {
  const { ask, events, clock } = await testController();
  const beat = (seq: number) => ask("PUT", "/relay/tokyo", { epoch: 1, seq, announces: ["x"] });
  assert.equal((await beat(1)).status, 200);
  await ask("PUT", "/relay/osaka", { epoch: 1, seq: 1 });
  const revoke = { kind: "subject", value: "tokyo", reason: "stolen" };
  const { body: { id } } = await ask("POST", "/revoke", revoke);
  const registered = async () =>
    (await ask("GET", "/relay")).body.relays
      .map(({ relay }: { relay: string }) => relay);
  assert.deepEqual(await registered(), ["osaka"]);
  assert.deepEqual((await ask("GET", "/announce")).body.entries, []);
  const refused = await beat(2);
  assert.deepEqual([refused.status, refused.body.code], [403, "relay_revoked"]);
  assert.equal(refused.body.error, "The relay tokyo is revoked: stolen");
  const announced = await ask("PUT", "/announce/y", { relay: "tokyo" });
  assert.equal(announced.body.code, "relay_revoked");
  const said = events.page(undefined, 20).events.map(({ kind, relay }) => `${kind} ${relay}`);
  assert.ok(said.includes("relay_revoked tokyo"), said.join());
  assert.ok(!said.includes("relay_deregistered tokyo"));
  await ask("DELETE", `/revoke/${id}`);
  assert.equal((await beat(3)).status, 200);
  assert.deepEqual(await registered(), ["osaka", "tokyo"]);
  assert.equal((await ask("GET", "/announce")).body.entries.length, 1);
  const until = new Date(clock.wall() + HOUR).toISOString();
  await ask("POST", "/revoke", { ...revoke, expires_at: until });
  assert.equal((await beat(4)).status, 403);
  await clock.advance(HOUR);
  assert.equal((await beat(5)).status, 200, "the revocation is over");
});

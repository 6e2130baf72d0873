import assert from "node:assert/strict";
import { etcdCall, etcdTest } from "../support/processes/etcd.ts";
import {
  accepted,
  controllerOn,
  keysIn,
  names,
  region,
  say,
  tracks,
} from "../support/processes/sdn_etcd.ts";
import { becomes } from "../support/until.ts";
import type { Ask } from "../support/worlds/sdn_controller.ts";

/** So long that a relay which beats ends nowhere, though a busy machine is late. */
const LEASE_MS = 8_000;

etcdTest("etcd: what one controller is told, another on the same etcd shows", async (cluster) => {
  await using one = await controllerOn(cluster);
  await using other = await controllerOn(cluster);
  accepted(await one.ask("PUT", "/relay/a", { region: "eu", announces: ["x", "y"] }));
  accepted(await one.ask("PUT", "/relay/b%2F%C3%BC", { address: "https://b:1" }));
  const took = await becomes(() => names(other.ask), ["a", "b/ü"]);
  say(`etcd: the other controller knows after ${took} ms`);
  await becomes(() => tracks(other.ask), ["x", "y"]);
  accepted(await other.ask("DELETE", "/announce/x?relay=a"));
  accepted(await other.ask("POST", "/relay/a/drain"));
  accepted(await other.ask("DELETE", "/relay/b%2F%C3%BC"));
  await becomes(() => names(one.ask), ["a"]);
  await becomes(() => tracks(one.ask), ["y"]);
  assert.equal((await one.ask("GET", "/relay/a")).body.state, "draining");
  accepted(await one.ask("POST", "/relay/a/undrain"));
  await becomes(async () => (await other.ask("GET", "/relay/a")).body.state, "registered");
});

etcdTest("etcd: controllers with another prefix share nothing", async (cluster) => {
  await using one = await controllerOn(cluster);
  await using other = await controllerOn(cluster, { prefix: "/another/" });
  accepted(await one.ask("PUT", "/relay/a", {}));
  accepted(await other.ask("PUT", "/relay/b", {}));
  assert.deepEqual(await names(other.ask), ["b"]);
  assert.deepEqual(await names(one.ask), ["a"]);
});

etcdTest(
  "etcd: a relay and its announces have one lease, heartbeats and flows write nothing, all die together",
  async (cluster) => {
    await using one = await controllerOn(cluster, { leaseMs: LEASE_MS });
    await using other = await controllerOn(cluster, { leaseMs: LEASE_MS });
    accepted(await one.ask("PUT", "/relay/a", { epoch: 1, seq: 1, announces: ["x", "y"] }));
    const before = await keysIn(cluster);
    assert.deepEqual(before.keys.map(({ name }) => name), [
      'relay/"a"',
      'track/"a"x',
      'track/"a"y',
    ]);
    assert.equal(new Set(before.keys.map(({ lease }) => lease)).size, 1);
    assert.notEqual(before.keys[0]?.lease, "0");
    const begin = Date.now();
    for (let seq = 2; Date.now() - begin < 2 * LEASE_MS; seq++) {
      const to = seq % 2 === 0 ? one : other;
      const flows = [{ track: `t${seq}`, next_hop: "b", source: "c" }];
      accepted(await to.ask("PUT", "/relay/a", { epoch: 1, seq, flows }));
      assert.equal((await to.ask("GET", "/flows")).body.flows[0].track, `t${seq}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.equal((await keysIn(cluster)).revision, before.revision);
    for (const { ask } of [one, other]) assert.deepEqual(await names(ask), ["a"]);
    const took = await becomes(() => names(other.ask), []);
    say(`etcd: a relay with a lease of ${LEASE_MS} ms is gone ${took} ms after its last heartbeat`);
    await becomes(() => names(one.ask), []);
    for (const { ask } of [one, other]) assert.deepEqual(await tracks(ask), []);
    for (const { ask } of [one, other]) {
      assert.deepEqual((await ask("GET", "/flows")).body.flows, []);
    }
    assert.deepEqual((await keysIn(cluster)).keys, []);
  },
);

etcdTest("etcd: a heartbeat after the lease is over begins a new life", async (cluster) => {
  await using one = await controllerOn(cluster);
  const [endpoint = ""] = cluster.endpoints;
  const beat = { epoch: 1, region: "eu" };
  // Now the end is known before the heartbeat comes, now the heartbeat is what finds it.
  for (let round = 0; round < 50; round++) {
    accepted(await one.ask("PUT", "/relay/a", { ...beat, announces: ["x"] }));
    const [{ lease: ID } = { lease: "" }] = (await keysIn(cluster)).keys;
    const revoked = etcdCall(endpoint, "/v3/lease/revoke", { ID });
    if (round % 2 === 0) await revoked;
    await one.ask("PUT", "/relay/a", beat);
    await revoked;
    accepted(await one.ask("PUT", "/relay/a", beat));
    const { keys } = await keysIn(cluster);
    assert.deepEqual(keys.map(({ name }) => name), ['relay/"a"']);
    assert.notEqual(keys[0]?.lease, ID);
    assert.deepEqual(await tracks(one.ask), []);
  }
});

etcdTest("etcd: fencing by epoch and deregistration hold across controllers", async (cluster) => {
  await using one = await controllerOn(cluster);
  await using other = await controllerOn(cluster);
  accepted(await one.ask("PUT", "/relay/a", { epoch: 5, seq: 1, announces: ["x"] }));
  // Whether or not the other has heard of it yet, etcd has.
  const late = await other.ask("PUT", "/relay/a", { epoch: 4, seq: 9, region: "us" });
  assert.deepEqual([late.status, late.body.code], [409, "stale_epoch"]);
  accepted(await other.ask("PUT", "/relay/a", { epoch: 6, seq: 1, region: "eu" }));
  const old = await one.ask("PUT", "/relay/a", { epoch: 5, seq: 2, region: "us" });
  assert.equal(old.body.code, "stale_epoch");
  assert.deepEqual(await tracks(one.ask), []);
  accepted(await one.ask("DELETE", "/relay/a"));
  const beyond = await other.ask("PUT", "/relay/a", { epoch: 6, seq: 1, region: "eu" });
  assert.equal(beyond.body.code, "stale_sequence");
  // Also for a controller that was not there when it happened.
  await using third = await controllerOn(cluster);
  const again = await third.ask("PUT", "/relay/a", { epoch: 6, seq: 1, region: "eu" });
  assert.equal(again.body.code, "stale_sequence");
  accepted(await third.ask("PUT", "/relay/a", { epoch: 7 }));
});

etcdTest("etcd: of writers who expect the same state, one succeeds", async (cluster) => {
  await using one = await controllerOn(cluster);
  await using other = await controllerOn(cluster);
  accepted(await one.ask("PUT", "/relay/a", { region: "r0" }));
  await becomes(() => names(other.ask), ["a"]);
  for (let round = 1; round <= 20; round++) {
    const answers = await Promise.all([one, other].map(async ({ ask }, place) => {
      const etag = (await ask("GET", "/relay/a")).headers.get("etag") as string;
      return await ask("PUT", "/relay/a", { region: `r${round}.${place}` }, { "if-match": etag });
    }));
    const winners = answers.flatMap(({ status }, place) => status === 200 ? [place] : []);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 412]);
    const expected = `r${round}.${winners[0]}`;
    for (const { ask } of [one, other]) await becomes(() => region(ask), expected);
  }
});

etcdTest(
  "etcd: a storm of writers at two controllers ends in one state, without a loss",
  async (cluster) => {
    await using one = await controllerOn(cluster);
    await using other = await controllerOn(cluster);
    const asks = [one.ask, other.ask] as const;
    accepted(await one.ask("PUT", "/relay/a", {}));
    const writes = Array.from({ length: 200 }, async (_, i) => {
      const ask = asks[i % 2] as Ask;
      if (i % 5 === 0) await ask("POST", `/relay/a/${i % 10 === 0 ? "drain" : "undrain"}`);
      return await ask("PUT", `/announce/t${i}`, { relay: "a" });
    });
    const made = (await Promise.all(writes)).flatMap(({ status }, i) =>
      status === 200 ? [`t${i}`] : []
    );
    assert.ok(made.length > 150, `${made.length} were accepted`);
    const sorted = made.sort();
    for (const ask of asks) await becomes(() => tracks(ask), sorted);
    for (const { faults } of [one, other]) assert.deepEqual(faults(), []);
  },
);

etcdTest(
  "etcd: what a controller wrote itself comes back to it as nothing new",
  async (cluster) => {
    await using one = await controllerOn(cluster);
    accepted(await one.ask("PUT", "/relay/a", {}));
    const writes = Array.from(
      { length: 100 },
      (_, i) =>
        i % 10 === 0
          ? one.ask("POST", `/relay/a/${i % 20 === 0 ? "drain" : "undrain"}`)
          : one.ask("PUT", `/announce/t${i}`, { relay: "a" }),
    );
    for (const answer of await Promise.all(writes)) accepted(answer);
    const { revision, announces } = (await one.ask("GET", "/health")).body;
    assert.deepEqual([revision, announces], [101, 90]);
  },
);

etcdTest(
  "etcd: thousands of announces go in parts, and a new controller begins with all of it",
  async (cluster) => {
    await using one = await controllerOn(cluster);
    const many = Array.from({ length: 2500 }, (_, i) => `t/${String(i).padStart(4, "0")}`);
    accepted(await one.ask("PUT", "/relay/a", { epoch: 1, announces: many }));
    await using other = await controllerOn(cluster);
    assert.equal((await other.ask("GET", "/health")).body.announces, 2500);
    accepted(await other.ask("PUT", "/relay/a", { epoch: 2, announces: many.slice(2400) }));
    await becomes(() => tracks(one.ask), many.slice(2400));
    assert.equal((await keysIn(cluster)).keys.length, 101);
  },
);

etcdTest("etcd: a controller that leaves or dies leaves nothing but leases", async (cluster) => {
  await using one = await controllerOn(cluster);
  {
    await using other = await controllerOn(cluster, { leaseMs: LEASE_MS });
    accepted(await other.ask("PUT", "/relay/b", { announces: ["x"] }));
  }
  const { keys } = await keysIn(cluster);
  assert.deepEqual(keys.map(({ name }) => name), ['relay/"b"', 'track/"b"x']);
  assert.ok(keys.every(({ lease }) => lease !== "0"));
  await becomes(() => names(one.ask), []);
  assert.deepEqual((await keysIn(cluster)).keys, []);
});

etcdTest("etcd: a user and a password", async (cluster) => {
  const [endpoint = ""] = cluster.endpoints;
  for (
    const [path, body] of [
      ["/v3/auth/user/add", { name: "root", password: "secret" }],
      ["/v3/auth/role/add", { name: "root" }],
      ["/v3/auth/user/grant", { user: "root", role: "root" }],
      ["/v3/auth/enable", {}],
    ] as const
  ) {
    await etcdCall(endpoint, path, body);
  }
  await assert.rejects(controllerOn(cluster), /user name is empty/);
  await assert.rejects(controllerOn(cluster, { user: "root", password: "no" }), /etcd: /);
  await using one = await controllerOn(cluster, { user: "root", password: "secret" });
  await using other = await controllerOn(cluster, { user: "root", password: "secret" });
  accepted(await one.ask("PUT", "/relay/a", {}));
  await becomes(() => names(other.ask), ["a"]);
});

etcdTest(
  "etcd: what is revoked or limited at one controller is so at the others, also by two at once",
  async (cluster) => {
    await using one = await controllerOn(cluster);
    await using other = await controllerOn(cluster);
    const revoked = async (ask: Ask) =>
      (await ask("GET", "/revoke")).body.revocations.map(({ value }: { value: string }) => value)
        .sort();
    const token = (value: string) => ({ kind: "token", value });
    const { body: { id } } = await one.ask("POST", "/revoke", token("x"));
    const took = await becomes(() => revoked(other.ask), ["x"]);
    say(`etcd: the other controller knows a revocation after ${took} ms`);
    const both = await Promise.all(
      [one, other].map(({ ask }) => ask("POST", "/revoke", { ...token("y"), reason: "both" })),
    );
    both.forEach(accepted);
    accepted(await other.ask("DELETE", `/revoke/${id}`));
    accepted(await other.ask("PUT", "/policy/acme", { sessions: 2 }));
    await becomes(() => revoked(one.ask), ["y"]);
    await becomes(async () => (await one.ask("GET", "/policy/acme")).body.sessions, 2);
    await using third = await controllerOn(cluster);
    assert.deepEqual(await revoked(third.ask), ["y"]);
    accepted(await third.ask("DELETE", "/policy/acme"));
    await becomes(async () => (await one.ask("GET", "/policy/acme")).status, 404);
  },
);

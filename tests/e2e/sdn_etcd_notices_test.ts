/** Kicks, and what tenants use, between controllers that share one etcd. */
import { generate, sign } from "@moq/token";
import assert from "node:assert/strict";
import { runOnMesh, STEADY } from "../support/mesh/mesh_case.ts";
import { chain } from "../support/mesh/topology.ts";
import { namespaceOf, ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { etcdTest } from "../support/processes/etcd.ts";
import {
  accepted,
  controllerOn,
  IMPATIENT,
  isReady,
  keysIn,
  say,
} from "../support/processes/sdn_etcd.ts";
import { becomes, until } from "../support/until.ts";
import type { Ask } from "../support/worlds/sdn_controller.ts";

type On = Awaited<ReturnType<typeof controllerOn>>;

/** The kicks that a relay which follows a controller has been told of. */
function followed({ controller }: On, relay: string) {
  const kicks: string[] = [];
  const scope = { graph: false, announces: false, flows: false, access: true, routes: [relay] };
  const feed = controller.watching.watch({ scope, client: "test", onNews: () => {} });
  assert.ok(feed.ok);
  const { value } = feed;
  return {
    read(): readonly string[] {
      for (let news = value.take(); news.length > 0; news = value.take()) {
        for (const { event, data } of news) {
          if (event === "kick") kicks.push(JSON.parse(data).value);
        }
      }
      return kicks;
    },
    [Symbol.dispose]: () => value.close(),
  };
}

/** What a tenant uses at all relays together, as this controller has it. */
const used = async (ask: Ask) => {
  const { status, body } = await ask("GET", "/policy/acme");
  return status === 200 ? body.used.sessions : status;
};

const uses = (ask: Ask, relay: string, sessions?: number) =>
  ask("PUT", `/relay/${relay}`, {
    ...(sessions !== undefined && { tenants: [{ tenant: "acme", sessions }] }),
  });

const kick = (value: string, relay?: string) => ({ kind: "subject", value, relay });

etcdTest("etcd: a kick at one controller is told once to the relays of all", async (cluster) => {
  await using one = await controllerOn(cluster);
  await using other = await controllerOn(cluster);
  using here = followed(one, "a");
  using there = followed(other, "b");
  const { relays, etcd } = accepted(await one.ask("POST", "/kick", kick("alice")));
  assert.deepEqual([relays, etcd], [1, "told"]);
  const took = await becomes(() => Promise.resolve(there.read()), ["alice"]);
  say(`etcd: relays of the other controller are told of a kick after ${took} ms`);
  accepted(await other.ask("POST", "/kick", kick("bob", "a")));
  await becomes(() => Promise.resolve(here.read()), ["alice", "bob"]);
  // A controller that starts now tells its relays nothing of what was kicked before.
  await using late = await controllerOn(cluster);
  using fresh = followed(late, "c");
  accepted(await one.ask("POST", "/kick", kick("carol")));
  await becomes(() => Promise.resolve(fresh.read()), ["carol"]);
  assert.deepEqual(there.read(), ["alice", "carol"]);
  const kicks = (await keysIn(cluster)).keys.filter(({ name }) => name.startsWith("kick/"));
  assert.ok(kicks.every(({ lease }) => lease !== "0"));
  await becomes(async () => (await keysIn(cluster)).keys, []);
});

etcdTest("etcd: many kicks at once all arrive, in few writes", async (cluster) => {
  await using one = await controllerOn(cluster);
  await using other = await controllerOn(cluster);
  using there = followed(other, "b");
  const before = Number((await keysIn(cluster)).revision);
  const values = Array.from({ length: 60 }, (_, at) => `u${at}`);
  const answers = await Promise.all(values.map((value) => one.ask("POST", "/kick", kick(value))));
  for (const answer of answers) assert.equal(accepted(answer).etcd, "told");
  await becomes(() => Promise.resolve(there.read().toSorted()), values.toSorted());
  assert.ok(Number((await keysIn(cluster)).revision) - before < values.length);
});

etcdTest(
  "etcd: while it is down a kick reaches the relays here, says so, and is not told later",
  async (cluster) => {
    await using one = await controllerOn(cluster, IMPATIENT);
    await using other = await controllerOn(cluster, IMPATIENT);
    using here = followed(one, "a");
    using there = followed(other, "b");
    await cluster.kill(0);
    const { relays, etcd } = accepted(await one.ask("POST", "/kick", kick("alice")));
    assert.deepEqual([relays, etcd], [1, "not_told"]);
    assert.deepEqual(here.read(), ["alice"]);
    assert.match(await one.controller.metrics(), /^qumo_sdn_kicks_lost_total 1$/m);
    cluster.launch(0);
    for (const { ask } of [one, other]) await becomes(() => isReady(ask), true);
    assert.equal(accepted(await one.ask("POST", "/kick", kick("bob"))).etcd, "told");
    await becomes(() => Promise.resolve(there.read()), ["bob"]);
  },
);

etcdTest(
  "etcd: what a tenant uses is the sum over the relays of all controllers, and ends with relays",
  async (cluster) => {
    await using one = await controllerOn(cluster);
    await using other = await controllerOn(cluster);
    accepted(await one.ask("PUT", "/policy/acme", { sessions: 2 }));
    accepted(await uses(one.ask, "a", 2));
    accepted(await uses(other.ask, "b", 3));
    for (const { ask } of [one, other]) await becomes(() => used(ask), 5);
    const { body } = await uses(one.ask, "a");
    assert.equal(body.tenants[0].sessions, 3, "what b uses, in the answer to a's heartbeat");
    await using late = await controllerOn(cluster);
    await becomes(() => used(late.ask), 5);
    // A relay that goes on to another controller counts once, with what it says there.
    accepted(await uses(other.ask, "a", 7));
    for (const { ask } of [one, other, late]) await becomes(() => used(ask), 10);
    accepted(await uses(other.ask, "a", 0));
    for (const { ask } of [one, other, late]) await becomes(() => used(ask), 3);
    const held = (await keysIn(cluster)).keys.filter(({ name }) => /"b"/.test(name));
    assert.equal(new Set(held.map(({ lease }) => lease)).size, 1, "under the relay's own lease");
    accepted(await other.ask("DELETE", "/relay/b"));
    for (const { ask } of [one, other, late]) await becomes(() => used(ask), 0);
  },
);

etcdTest(
  "etcd: relays of two controllers: a kick and a quota hold for all of them",
  async (cluster) => {
    const folder = await Deno.makeTempDir();
    await using _folder = { [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
    const key = await generate("HS256", "main");
    await Deno.writeTextFile(`${folder}/keys.jwks`, JSON.stringify({ keys: [key] }));
    await Deno.writeTextFile(`${folder}/mesh.jwk`, JSON.stringify(await generate("HS256", "mesh")));
    const exp = Math.floor(Date.now() / 1_000) + 3_600;
    const mint = (claims: object) =>
      sign(key, { root: "", put: "", get: "", exp, ...claims } as Parameters<typeof sign>[1]);
    const guest = await mint({ jti: "guest", sub: "guest" });
    const options = {
      topology: chain("lisbon", "madrid", "lyon"),
      deadline: 240_000,
      controllers: 2,
      controllersOf: (relay: string) => [relay === "lisbon" ? 0 : 1],
      controllerConfig: {
        store: "etcd",
        etcd: { endpoints: cluster.endpoints, timeout_ms: 30_000 },
        graph: { peers: [], node_ttl_sec: 30, tombstone_ttl_sec: 60 },
      } as never,
      relayConfig: {
        auth: { mode: "token", keys: [`${folder}/keys.jwks`] },
        mesh: { ...STEADY.mesh as object, key_file: `${folder}/mesh.jwk` },
      },
    };
    await runOnMesh("etcd: relays of two controllers", options, async ({ mesh }) => {
      const [near, far] = mesh.controllers;
      const dial = (relay: string, token: string) =>
        ScriptedPeer.dial(mesh.relay(relay), { setup: { path: `/?jwt=${token}` } });
      // Resolves once the relay has let it in.
      const enter = async (relay: string, token: string) => {
        const peer = await dial(relay, token);
        const namespace = namespaceOf(`${relay}/${crypto.randomUUID()}`);
        const request = await peer.request({ kind: "publishNamespace", namespace, parameters: {} });
        await request.expect("requestOk");
        return peer;
      };
      const peers = await Promise.all(["lisbon", "madrid", "lyon"].map((at) => enter(at, guest)));
      const from = performance.now();
      await near!.ask("POST", "/kick", kick("guest"));
      for (const { closed } of peers) assert.equal((await closed).code, 0);
      say(`etcd: a kick at one controller cut at all relays after ${performance.now() - from} ms`);
      await near!.ask("PUT", "/policy/acme", { sessions: 2 });
      const acme = await mint({ jti: "acme", sub: "acme", tenant: "acme" });
      const tenants = [await enter("lisbon", acme), await enter("lisbon", acme)];
      const sum = async () => (await far!.ask("GET", "/policy/acme")).body.used?.sessions;
      await until("the far controller to know of both", async () => await sum() === 2);
      tenants.push(await dial("lyon", acme));
      await Promise.race(tenants.map(({ closed }) => closed));
      await until("the quota to hold", async () => await sum() === 2);
      for (const peer of tenants) peer.close();
      await Promise.all(tenants.map(({ closed }) => closed));
    });
  },
);

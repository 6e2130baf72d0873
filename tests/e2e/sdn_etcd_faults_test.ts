import assert from "node:assert/strict";
import { freePort } from "../support/mesh/ports.ts";
import { etcdCall, etcdTest } from "../support/processes/etcd.ts";
import {
  accepted,
  controllerOn,
  IMPATIENT,
  isReady,
  keysIn,
  names,
  PREFIX,
  region,
  say,
  tracks,
} from "../support/processes/sdn_etcd.ts";
import { becomes, until } from "../support/until.ts";
import type { Ask } from "../support/worlds/sdn_controller.ts";

etcdTest("etcd: a watch whose history was compacted lists anew", async (cluster) => {
  await using one = await controllerOn(cluster);
  accepted(await one.ask("PUT", "/relay/a", { region: "r0" }));
  accepted(await one.ask("PUT", "/relay/b", {}));
  await cluster.kill(0);
  const aside = `http://127.0.0.1:${freePort()}`;
  cluster.launch(0, aside);
  await rewrite(aside);
  await cluster.kill(0);
  cluster.launch(0);
  await becomes(() => region(one.ask), "changed");
  await becomes(() => names(one.ask), ["a"]);
  await becomes(() => isReady(one.ask), true);
  accepted(await one.ask("PUT", "/relay/a", { region: "eu" }));
});

/** Changes keys behind the controllers' backs, and forgets that it was so. */
async function rewrite(endpoint: string): Promise<void> {
  const key = btoa('/qumo-sdn/relay/"a"');
  const range = await retried(() => etcdCall(endpoint, "/v3/kv/range", { key }));
  const [{ value, lease }] = range.kvs;
  const [record, drain] = JSON.parse(atob(value));
  const changed = record.replace("r0", "changed").replace('"seq":', '"seq":1');
  const success = [
    { request_put: { key, value: btoa(JSON.stringify([changed, drain])), lease } },
    { request_delete_range: { key: btoa('/qumo-sdn/relay/"b"') } },
  ];
  const { header } = await etcdCall(endpoint, "/v3/kv/txn", { success });
  await etcdCall(endpoint, "/v3/kv/compaction", { revision: header.revision });
}

// deno-lint-ignore no-explicit-any -- answers of every shape
async function retried(act: () => Promise<any>): Promise<any> {
  for (let left = 3000; left > 0; left--) {
    try {
      return await act();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  return await act();
}

etcdTest(
  "etcd: while it is down writes are refused and reads go on; after it they go on too",
  async (cluster) => {
    await using one = await controllerOn(cluster);
    accepted(await one.ask("PUT", "/relay/a", { neighbors: { b: 2 }, announces: ["x"] }));
    accepted(await one.ask("PUT", "/relay/b", { seq: 1 }));
    const watched = (await one.ask("GET", "/health")).body.revision;
    await cluster.kill(0);
    // This one is tried, and undone; those after it are not even tried.
    const fresh = { epoch: 1, seq: 1 };
    assert.equal((await one.ask("PUT", "/relay/new", fresh)).status, 503);
    const undone = (await one.ask("GET", "/health")).body.revision;
    const refused = await one.ask("PUT", "/relay/b", { seq: 2, region: "eu" });
    assert.deepEqual([refused.status, refused.body.code], [503, "unavailable"]);
    const health = await one.ask("GET", "/health");
    assert.equal(health.body.revision, undone);
    assert.deepEqual([health.status, health.body.reason], [503, "store_unavailable"]);
    assert.equal((await one.ask("GET", "/health?probe=live")).status, 200);
    assert.deepEqual(await names(one.ask), ["a", "b"]);
    assert.equal((await one.ask("GET", "/relay/b")).body.region, "");
    assert.equal((await one.ask("GET", "/route?from=a&to=b")).body.cost, 2);
    assert.deepEqual(await tracks(one.ask), ["x"]);
    cluster.launch(0);
    const took = await becomes(() => isReady(one.ask), true);
    say(`etcd: ready ${took} ms after etcd was started again`);
    accepted(await one.ask("PUT", "/relay/b", { seq: 2, region: "eu" }));
    accepted(await one.ask("PUT", "/relay/new", fresh));
    assert.deepEqual(await names(one.ask), ["a", "b", "new"]);
    const { revision } = (await one.ask("GET", "/health")).body;
    assert.ok(revision > watched, "revisions go on");
  },
);

etcdTest(
  "etcd: without quorum writes are refused; the quorum comes back and so do they",
  async (cluster) => {
    await using one = await controllerOn(cluster, IMPATIENT);
    accepted(await one.ask("PUT", "/relay/a", { seq: 1 }));
    for (const place of [0, 1]) cluster.signal(place, "SIGSTOP");
    await becomes(() => isReady(one.ask), false);
    assert.equal((await one.ask("PUT", "/relay/a", { seq: 2, region: "eu" })).status, 503);
    assert.deepEqual(await names(one.ask), ["a"]);
    for (const place of [0, 1]) cluster.signal(place, "SIGCONT");
    const took = await becomes(() => isReady(one.ask), true);
    say(`etcd: ready ${took} ms after the quorum was back`);
    const change = () => one.ask("PUT", "/relay/a", { seq: 2, region: "eu" });
    await becomes(async () => (await change()).status, 200);
    assert.equal(await region(one.ask), "eu");
  },
  3,
);

for (const [what, part] of [["is killed", "SIGKILL"], ["stops answering", "SIGSTOP"]] as const) {
  etcdTest(`etcd: the leader ${what} while relays beat, and no relay is lost`, async (cluster) => {
    const leader = await cluster.leader();
    const endpoint = cluster.endpoints[leader] as string;
    // One controller speaks to the leader itself, the other to whoever comes first.
    const endpoints = [endpoint, ...cluster.endpoints.filter((one) => one !== endpoint)];
    await using one = await controllerOn(cluster, { ...IMPATIENT, leaseMs: 30_000, endpoints });
    await using other = await controllerOn(cluster, { ...IMPATIENT, leaseMs: 30_000 });
    const relays = Array.from({ length: 10 }, (_, i) => `r${i}`);
    const asks = [one.ask, other.ask] as const;
    const beat = (seq: number) =>
      Promise.all(relays.map((relay, i) => {
        const body = { epoch: 1, seq, load: { sessions: seq * 100 } };
        return (asks[(i + seq) % 2] as Ask)("PUT", `/relay/${relay}`, body);
      }));
    for (const answer of await beat(1)) accepted(answer);
    for (const ask of asks) await becomes(() => names(ask), relays);
    if (part === "SIGKILL") await cluster.kill(leader);
    else cluster.signal(leader, part);
    let seq = 1;
    const untilAllBeat = () =>
      until("every relay to beat", async () => {
        return (await beat(++seq)).every(({ status }) => status === 200);
      });
    const took = await untilAllBeat();
    say(`etcd: all relays beat again ${took} ms after the leader ${what}`);
    for (const ask of asks) assert.deepEqual(await names(ask), relays);
    const announce = () => other.ask("PUT", "/announce/late", { relay: "r0" });
    await becomes(async () => (await announce()).status, 200);
    await becomes(() => tracks(one.ask), ["late"]);
    if (part === "SIGKILL") cluster.launch(leader);
    else cluster.signal(leader, "SIGCONT");
    await cluster.ready();
    await untilAllBeat();
    for (const ask of asks) assert.deepEqual(await names(ask), relays);
  }, 3);
}

etcdTest(
  "etcd: a relay that dies while a controller is down is not there when it is back",
  async (cluster) => {
    {
      await using one = await controllerOn(cluster);
      accepted(await one.ask("PUT", "/relay/near", { neighbors: { middle: 1 } }));
      accepted(await one.ask("PUT", "/relay/far", {}));
      await using short = await controllerOn(cluster, { leaseMs: 8_000 });
      accepted(await short.ask("PUT", "/relay/middle", { neighbors: { far: 1 } }));
      assert.equal((await short.ask("GET", "/route?from=near&to=far")).body.cost, 2);
    }
    await becomes(async () => (await keysIn(cluster)).keys.length, 2);
    await using again = await controllerOn(cluster);
    assert.deepEqual(await names(again.ask), ["far", "near"]);
    assert.equal((await again.ask("GET", "/route?from=near&to=far")).body.code, "no_path");
  },
);

etcdTest("etcd: an etcd that was set up anew is listed anew", async (cluster) => {
  await using one = await controllerOn(cluster);
  for (const name of ["a", "b", "c"]) accepted(await one.ask("PUT", `/relay/${name}`, {}));
  await cluster.kill(0);
  await cluster.forget(0);
  cluster.launch(0);
  await becomes(() => names(one.ask), []);
  await becomes(() => isReady(one.ask), true);
  accepted(await one.ask("PUT", "/relay/a", {}));
  assert.deepEqual(await names(one.ask), ["a"]);
});

etcdTest("etcd: what somebody else writes below the prefix changes nothing", async (cluster) => {
  const [endpoint = ""] = cluster.endpoints;
  await using one = await controllerOn(cluster);
  accepted(await one.ask("PUT", "/relay/a", { announces: ["x"] }));
  const own = await etcdCall(endpoint, "/v3/kv/range", { key: btoa(`${PREFIX}relay/"a"`) });
  const values = ["", "{}", "null", "[]", '["{}",null]', '{"version":{}}', "\xff"].map(btoa);
  for (const [i, value] of [...values, own.kvs[0].value].entries()) {
    for (
      const name of [
        `relay/"z${i}"`,
        `track/"a"y${i}`,
        `end/"z${i}"`,
        `relay/${i}`,
        `relay/"\\${i}`,
        `relay/"\\x${i}"`,
        `${i}`,
        `other/"${i}"`,
      ]
    ) {
      await etcdCall(endpoint, "/v3/kv/put", { key: btoa(`${PREFIX}${name}`), value });
    }
  }
  accepted(await one.ask("PUT", "/announce/last", { relay: "a" }));
  assert.equal((await one.ask("GET", "/health")).body.revision, 2);
  await using other = await controllerOn(cluster);
  for (const { ask, faults } of [one, other]) {
    assert.deepEqual(await names(ask), ["a"]);
    assert.deepEqual(await tracks(ask), ["last", "x"]);
    assert.deepEqual(faults(), []);
  }
});

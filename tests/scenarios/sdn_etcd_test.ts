import assert from "node:assert/strict";
import { type ManualClock, systemClock } from "@qumo/shared/runtime";
import { EtcdStore } from "../../sdn/store/mod.ts";
import { etcdCall, EtcdCluster, etcdTest } from "../support/etcd.ts";
import { START, type TestAnswer, testController } from "../support/sdn_controller.ts";

/** What a store of these tests is like unless they say otherwise. */
interface Given {
  readonly leaseMs?: number;
  readonly timeoutMs?: number;
  readonly prefix?: string;
  readonly endpoints?: readonly string[];
  readonly user?: string;
  readonly password?: string;
}

const PREFIX = "/qumo-sdn/";

// How long a member that answers nothing is waited for, where that is what is tried.
const IMPATIENT = { timeoutMs: 1500 };

// Longer than anything here takes, however busy the machine is.
const PATIENCE_MS = 60_000;

/** A controller on etcd, under the real clock. */
async function controllerOn(cluster: EtcdCluster, given: Given = {}) {
  const { leaseMs = 90_000, prefix = PREFIX, endpoints = cluster.endpoints } = given;
  const name = `c${crypto.randomUUID().slice(0, 8)}`;
  const store = new EtcdStore({
    endpoints,
    user: given.user ?? "",
    password: given.password ?? "",
    timeoutMs: given.timeoutMs ?? PATIENCE_MS,
    clock: systemClock,
    prefix,
    timeline: { toWall: (time) => START + time, fromWall: (wall) => wall - START },
    leaseMs,
    tombstoneMs: 3_600_000,
    firstRevision: 0,
  });
  const made = await testController({
    // Nothing here moves it: etcd's time goes on by itself.
    clock: systemClock as ManualClock,
    store,
    controller: { name, leaseMs },
  });
  const { ask, controller } = made;
  return { ...made, store, ask, [Symbol.asyncDispose]: () => controller.close() };
}

type Ask = Awaited<ReturnType<typeof testController>>["ask"];

/** Asks until the answer is as it should be; it is an error when that never comes. */
async function eventually<T>(look: () => Promise<T>, isSo: (value: T) => boolean): Promise<number> {
  const start = Date.now();
  for (;;) {
    const value = await look();
    if (isSo(value)) return Date.now() - start;
    assert.ok(Date.now() - start < PATIENCE_MS, `still ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const names = async (ask: Ask): Promise<string[]> =>
  (await ask("GET", "/relay")).body.relays.map((one: { relay: string }) => one.relay);
const tracks = async (ask: Ask): Promise<string[]> =>
  (await ask("GET", "/announce")).body.entries.map((one: { track: string }) => one.track);
const region = async (ask: Ask) => (await ask("GET", "/relay/a")).body.region;
const isReady = async (ask: Ask) => (await ask("GET", "/health")).status === 200;
const same = (expected: unknown) => (value: unknown) =>
  JSON.stringify(value) === JSON.stringify(expected);
const accepted = (answer: TestAnswer) => {
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
};

/** A measurement, for whoever reads the tests' output. */
function say(text: string): void {
  // deno-lint-ignore no-console -- where a test's words belong
  console.log(text);
}

/** Every key of the store, with its revision and lease. */
async function keysIn(cluster: EtcdCluster) {
  const [key, range_end] = [btoa(PREFIX), btoa("/qumo-sdn0")];
  const { header, kvs = [] } = await etcdCall(cluster.endpoints[0] as string, "/v3/kv/range", {
    key,
    range_end,
  });
  return {
    revision: header.revision as string,
    keys: kvs.map((pair: { key: string; lease?: string }) => ({
      name: atob(pair.key).slice(PREFIX.length),
      lease: pair.lease ?? "0",
    })) as { name: string; lease: string }[],
  };
}

etcdTest("etcd: what one controller is told, another on the same etcd shows", async () => {
  await using cluster = await EtcdCluster.start(1);
  await using one = await controllerOn(cluster);
  await using other = await controllerOn(cluster);
  accepted(await one.ask("PUT", "/relay/a", { region: "eu", announces: ["x", "y"] }));
  accepted(await one.ask("PUT", "/relay/b%2F%C3%BC", { address: "https://b:1" }));
  const took = await eventually(() => names(other.ask), same(["a", "b/ü"]));
  say(`etcd: the other controller knows after ${took} ms`);
  await eventually(() => tracks(other.ask), same(["x", "y"]));
  accepted(await other.ask("DELETE", "/announce/x?relay=a"));
  accepted(await other.ask("POST", "/relay/a/drain"));
  accepted(await other.ask("DELETE", "/relay/b%2F%C3%BC"));
  await eventually(() => names(one.ask), same(["a"]));
  await eventually(() => tracks(one.ask), same(["y"]));
  assert.equal((await one.ask("GET", "/relay/a")).body.state, "draining");
  accepted(await one.ask("POST", "/relay/a/undrain"));
  await eventually(() => other.ask("GET", "/relay/a"), ({ body }) => body.state === "alive");
});

etcdTest("etcd: controllers with another prefix share nothing", async () => {
  await using cluster = await EtcdCluster.start(1);
  await using one = await controllerOn(cluster);
  await using other = await controllerOn(cluster, { prefix: "/another/" });
  accepted(await one.ask("PUT", "/relay/a", {}));
  accepted(await other.ask("PUT", "/relay/b", {}));
  assert.deepEqual(await names(other.ask), ["b"]);
  assert.deepEqual(await names(one.ask), ["a"]);
});

etcdTest(
  "etcd: a relay and its announces have one lease, heartbeats write nothing, all die together",
  async () => {
    await using cluster = await EtcdCluster.start(1);
    await using one = await controllerOn(cluster, { leaseMs: 3000 });
    await using other = await controllerOn(cluster, { leaseMs: 3000 });
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
    for (let seq = 2; Date.now() - begin < 6000; seq++) {
      const to = seq % 2 === 0 ? one : other;
      accepted(await to.ask("PUT", "/relay/a", { epoch: 1, seq }));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.equal((await keysIn(cluster)).revision, before.revision);
    for (const { ask } of [one, other]) assert.deepEqual(await names(ask), ["a"]);
    const took = await eventually(() => names(other.ask), same([]));
    say(`etcd: a relay with a lease of 3 s is gone ${took} ms after its last heartbeat`);
    await eventually(() => names(one.ask), same([]));
    for (const { ask } of [one, other]) assert.deepEqual(await tracks(ask), []);
    assert.deepEqual((await keysIn(cluster)).keys, []);
  },
);

etcdTest("etcd: a heartbeat after the lease is over begins a new life", async () => {
  await using cluster = await EtcdCluster.start(1);
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

etcdTest("etcd: fencing by epoch and deregistration hold across controllers", async () => {
  await using cluster = await EtcdCluster.start(1);
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

etcdTest("etcd: of writers who expect the same state, one succeeds", async () => {
  await using cluster = await EtcdCluster.start(1);
  await using one = await controllerOn(cluster);
  await using other = await controllerOn(cluster);
  accepted(await one.ask("PUT", "/relay/a", { region: "r0" }));
  await eventually(() => names(other.ask), same(["a"]));
  for (let round = 1; round <= 20; round++) {
    const answers = await Promise.all([one, other].map(async ({ ask }, place) => {
      const etag = (await ask("GET", "/relay/a")).headers.get("etag") as string;
      return await ask("PUT", "/relay/a", { region: `r${round}.${place}` }, { "if-match": etag });
    }));
    const winners = answers.flatMap(({ status }, place) => status === 200 ? [place] : []);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 412]);
    const expected = `r${round}.${winners[0]}`;
    for (const { ask } of [one, other]) await eventually(() => region(ask), same(expected));
  }
});

etcdTest(
  "etcd: a storm of writers at two controllers ends in one state, without a loss",
  async () => {
    await using cluster = await EtcdCluster.start(1);
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
    for (const ask of asks) await eventually(() => tracks(ask), same(sorted));
    for (const { faults } of [one, other]) assert.deepEqual(faults, []);
  },
);

etcdTest("etcd: what a controller wrote itself comes back to it as nothing new", async () => {
  await using cluster = await EtcdCluster.start(1);
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
});

etcdTest(
  "etcd: thousands of announces go in parts, and a new controller begins with all of it",
  async () => {
    await using cluster = await EtcdCluster.start(1);
    await using one = await controllerOn(cluster);
    const many = Array.from({ length: 2500 }, (_, i) => `t/${String(i).padStart(4, "0")}`);
    accepted(await one.ask("PUT", "/relay/a", { epoch: 1, announces: many }));
    await using other = await controllerOn(cluster);
    assert.equal((await other.ask("GET", "/health")).body.announces, 2500);
    accepted(await other.ask("PUT", "/relay/a", { epoch: 2, announces: many.slice(2400) }));
    await eventually(() => tracks(one.ask), same(many.slice(2400)));
    assert.equal((await keysIn(cluster)).keys.length, 101);
  },
);

etcdTest("etcd: a controller that leaves or dies leaves nothing but leases", async () => {
  await using cluster = await EtcdCluster.start(1);
  await using one = await controllerOn(cluster);
  {
    await using other = await controllerOn(cluster, { leaseMs: 2000 });
    accepted(await other.ask("PUT", "/relay/b", { announces: ["x"] }));
  }
  const { keys } = await keysIn(cluster);
  assert.deepEqual(keys.map(({ name }) => name), ['relay/"b"', 'track/"b"x']);
  assert.ok(keys.every(({ lease }) => lease !== "0"));
  await eventually(() => names(one.ask), same([]));
  assert.deepEqual((await keysIn(cluster)).keys, []);
});

etcdTest("etcd: a watch whose history was compacted lists anew", async () => {
  await using cluster = await EtcdCluster.start(1);
  await using one = await controllerOn(cluster);
  accepted(await one.ask("PUT", "/relay/a", { region: "r0" }));
  accepted(await one.ask("PUT", "/relay/b", {}));
  await cluster.kill(0);
  await rewrite(cluster.launchAside(0));
  await cluster.kill(0);
  cluster.launch(0);
  await eventually(() => region(one.ask), same("changed"));
  await eventually(() => names(one.ask), same(["a"]));
  await eventually(() => isReady(one.ask), (ready) => ready);
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
  async () => {
    await using cluster = await EtcdCluster.start(1);
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
    const took = await eventually(() => isReady(one.ask), (ready) => ready);
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
  async () => {
    await using cluster = await EtcdCluster.start(3);
    await using one = await controllerOn(cluster, IMPATIENT);
    accepted(await one.ask("PUT", "/relay/a", { seq: 1 }));
    for (const place of [0, 1]) cluster.signal(place, "SIGSTOP");
    await eventually(() => isReady(one.ask), (ready) => !ready);
    assert.equal((await one.ask("PUT", "/relay/a", { seq: 2, region: "eu" })).status, 503);
    assert.deepEqual(await names(one.ask), ["a"]);
    for (const place of [0, 1]) cluster.signal(place, "SIGCONT");
    const took = await eventually(() => isReady(one.ask), (ready) => ready);
    say(`etcd: ready ${took} ms after the quorum was back`);
    await eventually(
      () => one.ask("PUT", "/relay/a", { seq: 2, region: "eu" }),
      ({ status }) => status === 200,
    );
    assert.equal(await region(one.ask), "eu");
  },
);

for (const [what, part] of [["is killed", "SIGKILL"], ["stops answering", "SIGSTOP"]] as const) {
  etcdTest(`etcd: the leader ${what} while relays beat, and no relay is lost`, async () => {
    await using cluster = await EtcdCluster.start(3);
    const leader = await cluster.leader();
    const endpoint = cluster.endpoints[leader] as string;
    // One controller speaks to the leader itself, the other to whoever comes first.
    const endpoints = [endpoint, ...cluster.endpoints.filter((one) => one !== endpoint)];
    await using one = await controllerOn(cluster, { ...IMPATIENT, leaseMs: 10_000, endpoints });
    await using other = await controllerOn(cluster, { ...IMPATIENT, leaseMs: 10_000 });
    const relays = Array.from({ length: 10 }, (_, i) => `r${i}`);
    const asks = [one.ask, other.ask] as const;
    const beat = (seq: number) =>
      Promise.all(relays.map((relay, i) => {
        const body = { epoch: 1, seq, load: { sessions: seq * 100 } };
        return (asks[(i + seq) % 2] as Ask)("PUT", `/relay/${relay}`, body);
      }));
    for (const answer of await beat(1)) accepted(answer);
    for (const ask of asks) await eventually(() => names(ask), same(relays));
    if (part === "SIGKILL") await cluster.kill(leader);
    else cluster.signal(leader, part);
    let seq = 1;
    const untilAllBeat = () =>
      eventually(() => beat(++seq), (answers) => answers.every(({ status }) => status === 200));
    const took = await untilAllBeat();
    say(`etcd: all relays beat again ${took} ms after the leader ${what}`);
    for (const ask of asks) assert.deepEqual(await names(ask), relays);
    await eventually(
      () => other.ask("PUT", "/announce/late", { relay: "r0" }),
      ({ status }) => status === 200,
    );
    await eventually(() => tracks(one.ask), same(["late"]));
    if (part === "SIGKILL") cluster.launch(leader);
    else cluster.signal(leader, "SIGCONT");
    await cluster.ready();
    await untilAllBeat();
    for (const ask of asks) assert.deepEqual(await names(ask), relays);
  });
}

etcdTest(
  "etcd: a relay that dies while a controller is down is not there when it is back",
  async () => {
    await using cluster = await EtcdCluster.start(1);
    {
      await using one = await controllerOn(cluster);
      accepted(await one.ask("PUT", "/relay/near", { neighbors: { middle: 1 } }));
      accepted(await one.ask("PUT", "/relay/far", {}));
      await using short = await controllerOn(cluster, { leaseMs: 2000 });
      accepted(await short.ask("PUT", "/relay/middle", { neighbors: { far: 1 } }));
      assert.equal((await short.ask("GET", "/route?from=near&to=far")).body.cost, 2);
    }
    await eventually(() => keysIn(cluster), ({ keys }) => keys.length === 2);
    await using again = await controllerOn(cluster);
    assert.deepEqual(await names(again.ask), ["far", "near"]);
    assert.equal((await again.ask("GET", "/route?from=near&to=far")).body.code, "no_path");
  },
);

etcdTest("etcd: an etcd that was set up anew is listed anew", async () => {
  await using cluster = await EtcdCluster.start(1);
  await using one = await controllerOn(cluster);
  for (const name of ["a", "b", "c"]) accepted(await one.ask("PUT", `/relay/${name}`, {}));
  await cluster.kill(0);
  await cluster.forget(0);
  cluster.launch(0);
  await eventually(() => names(one.ask), same([]));
  await eventually(() => isReady(one.ask), (ready) => ready);
  accepted(await one.ask("PUT", "/relay/a", {}));
  assert.deepEqual(await names(one.ask), ["a"]);
});

etcdTest("etcd: what somebody else writes below the prefix changes nothing", async () => {
  await using cluster = await EtcdCluster.start(1);
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
    assert.deepEqual(faults, []);
  }
});

etcdTest("etcd: a user and a password", async () => {
  await using cluster = await EtcdCluster.start(1);
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
  await eventually(() => names(other.ask), same(["a"]));
});

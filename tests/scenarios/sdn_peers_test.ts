import assert from "node:assert/strict";
import { TaskGroup } from "@qumo/shared/runtime";
import { announcesDigest, MAX_SEQUENCE } from "@qumo/shared/topology";
import {
  type AccessPeer,
  AccessReplicator,
  type Peer,
  READS,
  READS_HEADER,
  readsOf,
  Replicator,
} from "../../sdn/sync/mod.ts";
import { testController } from "../support/worlds/sdn_controller.ts";
import { ManualClock } from "../support/worlds/manual_clock.ts";

const INTERVAL = 10_000;

/** Controllers that know each other, under one clock, with a network that can be cut. */
async function cluster(
  size: number,
  { interval = INTERVAL, leaseMs = 90_000, older = -1 } = {},
) {
  const clock = new ManualClock();
  const cut = new Set<number>();
  const lost: string[] = [];
  const tasks = new TaskGroup((_task, error) => assert.fail(String(error)));
  const traffic = { digests: 0, puts: 0, states: 0 };
  const members = await Promise.all(
    Array.from(
      { length: size },
      (_, i) => testController({ clock, controller: { name: `c${i}`, leaseMs } }),
    ),
  );
  const peer = (from: number, to: number): Peer & AccessPeer => {
    // One of before neither says what it reads nor is it told more.
    const isOlder = from === older || to === older;
    let reads = { version: false };
    const ask = async (method: string, path: string, body: unknown) => {
      if (cut.has(from) || cut.has(to)) throw new Error("cut off");
      const answer = await members[to]?.ask(
        method,
        path,
        body,
        isOlder ? {} : { [READS_HEADER]: READS },
      );
      if (answer && !isOlder) reads = readsOf(answer.headers);
      assert.equal(answer?.status, 200, JSON.stringify(answer?.body));
      return answer?.body;
    };
    return {
      name: `c${to}`,
      get reads() {
        return reads;
      },
      digest(buckets) {
        traffic.digests++;
        return ask("POST", "/sync/digest", { buckets });
      },
      put(message) {
        traffic.puts++;
        traffic.states += message.states?.length ?? 0;
        return ask("PUT", "/sync", message);
      },
      access: (message) => ask("PUT", "/sync/access", message),
    };
  };
  for (const [from, member] of members.entries()) {
    const peers = [...members.keys()].filter((to) => to !== from).map((to) => peer(from, to));
    const access = new AccessReplicator(peers, {
      exchange: member.controller.peers.access,
      clock,
      tasks,
      intervalMs: interval,
      random: () => 0.5,
      onOlder: () => {},
      onKicksLost: (peer, count) => void lost.push(`${peer} ${count}`),
    });
    const replicator = new Replicator(peers, {
      exchange: member.controller.peers.exchange,
      clock,
      tasks,
      intervalMs: interval,
      leaseMs,
      random: () => 0.5,
      onSync: () => {},
    });
    member.controller.metricsSink.readLags(() => replicator.lags());
    member.controller.peers.replicate({
      push: (relays) => replicator.push(relays),
      pushAccess: (keys) => access.push(keys),
      pushUsage: (relay) => access.pushUsage(relay),
      kick: (kick) => access.kick({ ...kick }),
      isDeaf: () => replicator.isDeaf,
    });
  }
  const asks = members.map((member) => member.ask);
  return { clock, cut, lost, tasks, traffic, members, asks: asks as [Ask, Ask, ...Ask[]] };
}

type Ask = Awaited<ReturnType<typeof testController>>["ask"];

const names = async (ask: Ask) =>
  (await ask("GET", "/relay")).body.relays.map((one: { relay: string }) => one.relay);

Deno.test("what one controller is told, the others know at once", async () => {
  const { clock, tasks, asks: [one, other] } = await cluster(2);
  await clock.advance(0);
  await one("PUT", "/relay/a", { region: "eu", neighbors: { b: 3 }, announces: ["live/x"] });
  await other("PUT", "/relay/b", { address: "https://b:1" });
  await one("POST", "/relay/a/drain");
  await clock.advance(0);
  assert.deepEqual(await names(one), ["a", "b"]);
  assert.deepEqual(await names(other), ["a", "b"]);
  assert.equal((await other("GET", "/relay/a")).body.state, "draining");
  assert.equal((await one("GET", "/route?from=a&to=b")).body.next_hop_address, "https://b:1");
  assert.equal((await other("GET", "/announce/lookup?track=live/x")).body.relays.length, 1);
  await one("DELETE", "/announce/live/x?relay=a");
  await other("DELETE", "/relay/b");
  await clock.advance(0);
  assert.equal((await other("GET", "/announce")).body.count, 0);
  assert.deepEqual(await names(one), ["a"]);
  await tasks.close();
});

Deno.test("heartbeats at one controller keep a relay alive at the others, without changes", async () => {
  const { clock, tasks, traffic, members, asks: [one, other, third] } = await cluster(3);
  await clock.advance(0);
  for (let beat = 0; beat < 10; beat++) {
    await one("PUT", "/relay/a", { epoch: 1, seq: beat });
    await clock.advance(30_000);
  }
  assert.deepEqual(await names(other), ["a"]);
  assert.deepEqual(await names(third as Ask), ["a"]);
  assert.deepEqual(members.map(({ controller }) => controller.revision()), [1, 1, 1]);
  assert.ok(traffic.digests < 6 * 35, `${traffic.digests} comparisons`);
  await clock.advance(90_001);
  for (const ask of [one, other, third as Ask]) assert.deepEqual(await names(ask), []);
  await tasks.close();
});

Deno.test("a peer ends no relay that beats elsewhere, however seldom controllers compare", async () => {
  const { clock, tasks, members, traffic, asks: [one, other] } = await cluster(2, {
    interval: 600_000,
    leaseMs: 15_000,
  });
  await clock.advance(0);
  const relays = Array.from({ length: 50 }, (_, at) => `r${at}`);
  for (let beat = 0; beat < 40; beat++) {
    for (const name of relays) await one("PUT", `/relay/${name}`, { epoch: 1, seq: beat });
    await clock.advance(5000);
  }
  assert.equal((await names(other)).length, 50);
  assert.deepEqual(members.map(({ events }) => ended(events)), [0, 0]);
  assert.ok(traffic.puts < 2 * 40 * 4, `${traffic.puts} messages, not one for each relay`);
  await clock.advance(15_001);
  assert.deepEqual(await names(other), []);
  await tasks.close();
});

Deno.test("relays whose controller falls silent end nowhere, and those who fell silent with it do", async () => {
  const leaseMs = 15_000;
  const beat = leaseMs / 3;
  const { clock, cut, tasks, members, asks } = await cluster(3, { leaseMs });
  const relays = Array.from({ length: 50 }, (_, at) => ({ name: `r${at}`, at: 1, seq: 0 }));
  const dead = new Set<string>();
  const tell = ({ name, at }: { name: string; at: number }, seq: number) =>
    asks[at]!("PUT", `/relay/${name}`, { epoch: 1, seq });
  const run = async (milliseconds: number) => {
    for (const end = clock.now() + milliseconds; clock.now() < end;) {
      const relay = relays[Math.floor(clock.now() % beat / (beat / relays.length))]!;
      const isSilent = cut.has(relay.at);
      if (isSilent) relay.at = 2;
      const beats = () => tell(relay, ++relay.seq);
      // It waits for an answer in vain first.
      if (isSilent && !dead.has(relay.name)) clock.after(5500, () => void beats());
      else if (!dead.has(relay.name)) await beats();
      await clock.advance(beat / relays.length);
    }
  };
  await clock.advance(0);
  // Just before peers would be told again of those who were heard.
  await run(2 * leaseMs + 2400);
  cut.add(1);
  dead.add("r7");
  const [here, , there] = members;
  await run(leaseMs);
  assert.deepEqual([ended(here!.events), ended(there!.events)], [0, 0]);
  await run(2 * leaseMs);
  assert.deepEqual([ended(here!.events), ended(there!.events)], [1, 1]);
  assert.equal((await names(asks[0])).length, relays.length - 1);
  await tasks.close();
});

function ended(events: Awaited<ReturnType<typeof testController>>["events"]): number {
  return events.page(undefined, 1000).events.filter(({ kind }) => kind === "relay_expired").length;
}

Deno.test("controllers that were cut off agree when they meet again, and nothing is overwritten", async () => {
  const { clock, cut, tasks, asks: [one, other] } = await cluster(2);
  await one("PUT", "/relay/a", { epoch: 1, seq: 1, region: "eu", announces: ["x", "y"] });
  await clock.advance(0);
  cut.add(1);
  await one("PUT", "/relay/a", { epoch: 1, seq: 2, region: "us" });
  await one("DELETE", "/announce/x?relay=a");
  await other("PUT", "/relay/b", { announces: ["z"] });
  await other("PUT", "/relay/a", { epoch: 1, seq: 3, announces_digest: announcesDigest(["y"]) });
  await clock.advance(60_000);
  assert.deepEqual(await names(one), ["a"]);
  cut.clear();
  await clock.advance(INTERVAL);
  for (const ask of [one, other]) {
    assert.deepEqual(await names(ask), ["a", "b"]);
    assert.equal((await ask("GET", "/relay/a")).body.region, "us");
    const tracks = (await ask("GET", "/announce")).body.entries;
    assert.deepEqual(tracks.map((entry: { track: string }) => entry.track), ["y", "z"]);
  }
  await tasks.close();
});

Deno.test("an empty controller learns everything at its start and takes nothing away", async () => {
  const { clock, cut, tasks, asks: [one, other] } = await cluster(2);
  cut.add(1);
  for (let i = 0; i < 50; i++) await one("PUT", `/relay/r${i}`, { announces: [`t/${i}`] });
  await clock.advance(1000);
  cut.clear();
  await clock.advance(INTERVAL);
  assert.equal((await other("GET", "/health")).body.relays, 50);
  assert.equal((await one("GET", "/announce")).body.count, 50);
  await tasks.close();
});

Deno.test("controllers tell each other the versions of relays, and nothing to one that reads none", async () => {
  const { clock, tasks, traffic, asks } = await cluster(3, { older: 2 });
  const [one, other, older] = asks as [Ask, Ask, Ask];
  await clock.advance(0);
  await one("PUT", "/relay/a", { epoch: 1, seq: 1, version: "1.2.0" });
  await clock.advance(0);
  const versionAt = async (ask: typeof one) => (await ask("GET", "/relay/a")).body.version;
  assert.deepEqual([await versionAt(one), await versionAt(other)], ["1.2.0", "1.2.0"]);
  assert.equal(await versionAt(older), undefined);
  const { states } = traffic;
  await clock.advance(INTERVAL);
  assert.deepEqual([await versionAt(one), await versionAt(other)], ["1.2.0", "1.2.0"]);
  assert.equal(traffic.states, states, "what it lacks is no difference");
  await tasks.close();
});

Deno.test("upstream's graph tells of relays that are not known, and changes none that are", async () => {
  const { ask } = await testController();
  await ask("PUT", "/relay/a", { region: "eu", address: "https://a:1" });
  const answer = await ask("PUT", "/sync", {
    nodes: [{ id: "a", region: "us" }, { id: "b", region: "us", address: "https://b:1" }, {
      id: "stub",
      region: "",
    }],
    adjacency: { b: { a: 7 } },
  });
  assert.deepEqual([answer.body.status, answer.body.nodes], ["synced", 2]);
  assert.equal((await ask("GET", "/relay/a")).body.region, "eu");
  assert.equal((await ask("GET", "/route?from=b&to=a")).body.cost, 7);
  const { body } = await ask("GET", "/sync");
  assert.deepEqual(body.adjacency, { b: { a: 7 } });
  assert.equal(body.states.length, 2);
});

Deno.test("a relay that deregistered may come back with a lower epoch, at every controller", async () => {
  const { clock, cut, tasks, asks: [one, other] } = await cluster(2);
  await clock.advance(0);
  await one("PUT", "/relay/a", { epoch: 9, seq: 7, announces: ["x"] });
  await one("DELETE", "/relay/a");
  await clock.advance(0);
  cut.add(1);
  assert.equal((await one("PUT", "/relay/a", { epoch: 5, seq: 1, announces: ["y"] })).status, 200);
  await clock.advance(INTERVAL);
  cut.delete(1);
  await clock.advance(2 * INTERVAL);
  for (const ask of [one, other]) {
    const { body } = await ask("GET", "/relay/a");
    assert.deepEqual([body.epoch, body.announces], [5, 1]);
    assert.equal((await ask("PUT", "/relay/a", { epoch: 4, seq: 9 })).body.code, "stale_epoch");
  }
  assert.equal((await other("PUT", "/relay/a", { epoch: 5, seq: 2 })).status, 200);
  await tasks.close();
});

Deno.test("a relay that counts as far as it can does not keep controllers from agreeing", async () => {
  const { clock, tasks, asks: [one, other] } = await cluster(2);
  await one("PUT", "/relay/a", { epoch: 1, seq: MAX_SEQUENCE });
  await one("PUT", "/relay/a", { region: "eu" });
  await clock.advance(INTERVAL);
  assert.equal((await other("GET", "/relay/a")).body.region, "eu");
  await tasks.close();
});

Deno.test("a peer's states are checked like everybody's input", async () => {
  const { ask, faults } = await testController();
  await ask("PUT", "/relay/a", { announces: ["x"] });
  const { states } = (await ask("GET", "/sync")).body;
  const put = async (change: (state: typeof states[0]) => void) => {
    const changed = structuredClone(states);
    change(changed[0]);
    return (await ask("PUT", "/sync", { states: changed })).status;
  };
  assert.equal(await put(() => {}), 200);
  assert.equal(await put((state) => state.alive.tracks[0][3] = -1e300), 400);
  assert.equal(await put((state) => state.alive.tracks[0][3] = 1e300), 400);
  assert.equal(await put((state) => state.alive.links.b = { cost: -1, up: true }), 400);
  assert.equal(await put((state) => state.beat = 2 ** 60), 400);
  assert.equal(await put((state) => state.name = ""), 400);
  assert.equal((await ask("GET", "/announce")).status, 200);
  assert.deepEqual(faults(), []);
});

Deno.test("metrics say what was merged and for how long a peer has been behind", async () => {
  const { clock, cut, tasks, asks: [one, other] } = await cluster(2);
  const lag = async (ask: Ask, peer: string) => {
    const { body } = await ask("GET", "/metrics");
    const value = new RegExp(`^qumo_sdn_sync_lag_seconds\\{peer="${peer}"\\} (.+)$`, "m").exec(
      body,
    );
    return Number(value?.[1]);
  };
  await clock.advance(0);
  await one("PUT", "/relay/a", { region: "eu" });
  await clock.advance(0);
  assert.match((await other("GET", "/metrics")).body, /^qumo_sdn_merges_total 1$/m);
  assert.match((await one("GET", "/metrics")).body, /^qumo_sdn_store_seconds_count 1$/m);
  assert.deepEqual([await lag(one, "c1"), await lag(other, "c0")], [0, 0]);
  cut.add(1);
  await one("PUT", "/relay/b", {});
  await clock.advance(7000);
  assert.equal(await lag(one, "c1"), 7);
  cut.clear();
  await clock.advance(INTERVAL);
  assert.deepEqual(await names(other), ["a", "b"]);
  assert.deepEqual([await lag(one, "c1"), await lag(other, "c0")], [0, 0]);
  await tasks.close();
});

Deno.test("a heartbeat that comes late to a controller that was stopped takes no announces away", async () => {
  const { clock, cut, tasks, asks: [one, stopped] } = await cluster(2);
  const announces = Array.from({ length: 20 }, (_, track) => `live/${track}`);
  await one("PUT", "/relay/a", { epoch: 1, seq: 1, announces });
  await clock.advance(INTERVAL);
  cut.add(1);
  for (let seq = 3; seq < 12; seq++) {
    await one("PUT", "/relay/a", { epoch: 1, seq });
    await clock.advance(20_000);
  }
  // Its lease is over there, and the heartbeat that waited in a socket is heard.
  assert.deepEqual(await names(stopped), []);
  assert.equal((await stopped("PUT", "/relay/a", { epoch: 1, seq: 2 })).status, 200);
  cut.clear();
  for (let at = 0; at < INTERVAL; at += 100) {
    await clock.advance(100);
    assert.equal((await one("GET", "/announce")).body.count, 20);
  }
  assert.equal((await stopped("GET", "/announce")).body.count, 20);
  for (const ask of [stopped, one]) {
    const { status, body } = await ask("PUT", "/relay/a", {
      epoch: 1,
      seq: ask === one ? 13 : 12,
      announces_digest: announcesDigest(announces),
    });
    assert.deepEqual([status, body.resend_announces], [200, undefined]);
    await clock.advance(INTERVAL);
  }
  await tasks.close();
});

Deno.test("a heartbeat that comes late does not bring back a relay that has deregistered", async () => {
  const { clock, cut, tasks, asks: [one, stopped] } = await cluster(2);
  await one("PUT", "/relay/a", { epoch: 1, seq: 1 });
  await clock.advance(INTERVAL);
  cut.add(1);
  await one("PUT", "/relay/a", { epoch: 1, seq: 3 });
  await one("DELETE", "/relay/a");
  await clock.advance(90_000);
  await stopped("PUT", "/relay/a", { epoch: 1, seq: 2 });
  cut.clear();
  for (let at = 0; at < 2 * INTERVAL; at += 100) {
    await clock.advance(100);
    assert.deepEqual(await names(one), []);
  }
  assert.deepEqual(await names(stopped), []);
  await tasks.close();
});

const revoked = async (ask: Ask) =>
  (await ask("GET", "/revoke")).body.revocations.map((one: { value: string }) => one.value);

Deno.test("what is revoked at one controller is revoked at all, also when they were apart", async () => {
  const { clock, cut, tasks, asks: [one, other, third] } = await cluster(3);
  await clock.advance(0);
  const { body: { id } } = await one("POST", "/revoke", { kind: "token", value: "before" });
  await one("PUT", "/policy/acme", { sessions: 3 });
  await clock.advance(0);
  for (const ask of [other, third as Ask]) assert.deepEqual(await revoked(ask), ["before"]);
  assert.equal((await other("GET", "/policy/acme")).body.sessions, 3);
  cut.add(0);
  await one("POST", "/revoke", { kind: "token", value: "here" });
  await other("POST", "/revoke", { kind: "tenant", value: "there" });
  await other("DELETE", `/revoke/${id}`);
  await (third as Ask)("DELETE", "/policy/acme");
  await clock.advance(30_000);
  assert.deepEqual((await revoked(one)).sort(), ["before", "here"]);
  cut.clear();
  await clock.advance(1000);
  for (const ask of [one, other, third as Ask]) {
    assert.deepEqual((await revoked(ask)).sort(), ["here", "there"]);
    assert.equal((await ask("GET", "/policy/acme")).status, 404);
  }
  await tasks.close();
});

Deno.test("a relay that is revoked at one controller is registered at none, though it beats at another", async () => {
  const { clock, cut, tasks, asks: [one, other] } = await cluster(2);
  const beat = (ask: Ask, seq: number) => ask("PUT", "/relay/tokyo", { epoch: 1, seq });
  await clock.advance(0);
  await beat(other, 1);
  await clock.advance(0);
  cut.add(0);
  const revoked = { kind: "subject", value: "tokyo" };
  const { body: { id } } = await one("POST", "/revoke", revoked);
  assert.deepEqual(await names(one), []);
  assert.equal((await beat(other, 2)).status, 200, "it has not heard of it");
  cut.clear();
  await clock.advance(INTERVAL);
  for (const ask of [one, other]) assert.deepEqual(await names(ask), []);
  assert.equal((await beat(other, 3)).body.code, "relay_revoked");
  await one("DELETE", `/revoke/${id}`);
  await clock.advance(0);
  assert.equal((await beat(other, 4)).status, 200);
  await clock.advance(0);
  for (const ask of [one, other]) assert.deepEqual(await names(ask), ["tokyo"]);
  await tasks.close();
});

Deno.test("a kick that a controller cannot be told is counted, and not told later", async () => {
  const { clock, cut, lost, tasks, members, asks: [one] } = await cluster(2);
  await clock.advance(0);
  cut.add(1);
  await one("POST", "/kick", { kind: "subject", value: "alice" });
  await clock.advance(0);
  assert.deepEqual(lost, ["c1 1"]);
  cut.delete(1);
  await clock.advance(INTERVAL);
  assert.deepEqual(lost, ["c1 1"]);
  assert.equal(members[0]!.controller.peers.access.kicksLost, 1, "qumo_sdn_kicks_lost_total");
  await tasks.close();
});

Deno.test("a kick is told to the relays of every controller", async () => {
  const { clock, tasks, members, asks: [one] } = await cluster(3);
  await clock.advance(0);
  const told: string[] = [];
  const scope = { graph: false, announces: false, flows: false, access: true };
  const feeds = members.map(({ controller }, at) => {
    const query = { scope: { ...scope, routes: [`r${at}`] }, client: "test", onNews: () => {} };
    const feed = controller.watching.watch(query);
    assert.ok(feed.ok);
    while (feed.value.take().length > 0);
    return feed.value;
  });
  const { body } = await one("POST", "/kick", { kind: "subject", value: "alice" });
  assert.deepEqual([body.relays, body.controllers], [1, 2]);
  await clock.advance(0);
  for (const feed of feeds) for (const { event, data } of feed.take()) told.push(event + data);
  assert.equal(told.length, 3);
  assert.equal(new Set(told).size, 1);
  for (const feed of feeds) feed.close();
  await tasks.close();
});

Deno.test("what tenants use at relays of other controllers counts in the answer to a heartbeat", async () => {
  const { clock, tasks, asks: [one, other, third] } = await cluster(3);
  await clock.advance(0);
  const tenants = (sessions: number) => ({ tenants: [{ tenant: "acme", sessions }] });
  const elsewhere = async (ask: Ask, relay: string, sessions: number) =>
    (await ask("PUT", `/relay/${relay}`, tenants(sessions))).body.tenants[0].sessions;
  await elsewhere(one, "a", 2);
  await elsewhere(other, "b", 3);
  await clock.advance(2000);
  assert.equal(await elsewhere(third as Ask, "c", 4), 5);
  // A relay that goes to another controller counts once.
  assert.equal(await elsewhere(other, "a", 2), 7);
  await clock.advance(2000);
  assert.equal(await elsewhere(one, "d", 1), 9);
  await other("DELETE", "/relay/b");
  await clock.advance(2000);
  assert.equal(await elsewhere(third as Ask, "c", 4), 3);
  await tasks.close();
});

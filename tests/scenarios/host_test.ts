import assert from "node:assert/strict";
import { loneHost } from "../support/worlds/lone_host.ts";
import { DEFAULTS } from "../../relay/config/definition.ts";
import { RelayMetrics } from "../../relay/metrics.ts";
import { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import {
  accept,
  announce,
  closedWith,
  nextSubgroup,
  objects,
  openSubgroup,
  refused,
  sendSubgroup,
  subscribe,
} from "./script.ts";
import { ManualClock } from "../support/worlds/manual_clock.ts";
import { memoryPair } from "../support/transport/memory_connection.ts";

const ALL = { offset: 0, limit: 100 };

/** A host that asks nobody for namespaces, and peers of it. */
class HostWorld {
  readonly clock = new ManualClock();
  readonly metrics = new RelayMetrics();
  readonly host = loneHost({
    config: { ...DEFAULTS, relay: { ...DEFAULTS.relay, solicit: false } },
    metrics: this.metrics,
    clock: this.clock,
  });

  async connect(path?: string, relayName?: string): Promise<ScriptedPeer> {
    const [client, server] = memoryPair();
    this.host.serve(server);
    const setup = {
      ...path !== undefined && { path },
      ...relayName !== undefined && { relayName },
    };
    const peer = await ScriptedPeer.connect(client, { setup });
    await peer.theirSetup();
    return peer;
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) await this.clock.advance(0);
  }
}

Deno.test("SessionServer counts sessions, tracks, subscriptions and what is cached, until they end", async () => {
  const world = new HostWorld();
  const [publisher, subscriber] = [await world.connect(), await world.connect()];
  await announce(publisher, "live");
  const downstream = await subscribe(subscriber);
  await accept(publisher);
  await downstream.expect("subscribeOk");
  await sendSubgroup(publisher, { group: 1n }, ...objects(2));
  await nextSubgroup(subscriber);
  const { sessions, tracks, subscriptions, namespaces, openGroups } = world.host.snapshot();
  assert.deepEqual([sessions, tracks, subscriptions, namespaces, openGroups], [2, 1, 1, 1, 0]);
  const [view] = world.host.tracks(ALL).rows;
  assert.deepEqual([view!.namespace, view!.name, view!.subscriptions, view!.cachedGroups], [
    "live/cam",
    "video",
    1,
    1,
  ]);
  assert.deepEqual([view!.path, view!.publishers, view!.largest], [
    "/",
    ["session 1"],
    { group: 1n, object: 1n },
  ]);
  const [first, second] = world.host.sessions(ALL).rows;
  assert.deepEqual([first!.id, first!.protocol, first!.path, first!.namespaces, first!.tracks], [
    1,
    "moqt-18",
    "/",
    1,
    1,
  ]);
  assert.deepEqual([second!.subscriptions, second!.tracks], [1, 0]);
  assert.deepEqual(world.host.namespaces(ALL).rows, [
    { path: "/", namespace: "live", publishers: ["session 1"] },
  ]);
  await openSubgroup(publisher, { group: 2n }, ...objects(1));
  await world.settle();
  assert.equal(world.host.snapshot().openGroups, 1);
  publisher.close();
  subscriber.close();
  await world.clock.advance(10_000);
  const after = world.host.snapshot();
  assert.deepEqual([after.sessions, after.tracks, after.cache.bytes], [0, 0, 0]);
  assert.equal(world.host.active, 0);
});

Deno.test("SessionServer counts viewers and publishers as its clients, and other relays as links", async () => {
  const world = new HostWorld();
  const [publisher, viewer] = [await world.connect(), await world.connect()];
  const link = await world.connect("/", "tokyo");
  await announce(publisher, "live");
  const viewed = await subscribe(viewer);
  await accept(publisher);
  await viewed.expect("subscribeOk");
  const forwarded = await subscribe(link, { meshHops: ["tokyo"] });
  await forwarded.expect("subscribeOk");
  const { sessions, subscriptions } = world.host.snapshot();
  assert.deepEqual([sessions, subscriptions], [3, 2]);
  assert.deepEqual(world.host.clients, { sessions: 2, subscriptions: 1 });
});

Deno.test("R-013: SessionServer puts sessions of one path into one scope, whatever their query", async () => {
  const world = new HostWorld();
  await announce(await world.connect("/one?token=a"), "live");
  const rendezvous = { rendezvousTimeout: 0n };
  await refused(await subscribe(await world.connect("/two"), rendezvous), "DOES_NOT_EXIST");
  await refused(await subscribe(await world.connect(), rendezvous), "DOES_NOT_EXIST");
  await subscribe(await world.connect("/one?token=b"), rendezvous);
  const root = await world.connect("/");
  await announce(root, "live");
  await subscribe(await world.connect(), rendezvous);
  await root.expectRequest("subscribe");
  await world.host.close();
});

Deno.test("R-170, R-172: SessionServer.drain() tells everybody, and waits for them as long as it may", async () => {
  const world = new HostWorld();
  const [busy, stubborn, idle] = [
    await world.connect(),
    await world.connect(),
    await world.connect(),
  ];
  const request = await announce(busy, "a");
  await announce(stubborn, "b");
  let drained = false;
  const draining = world.host.drain(5_000, undefined).then(() => void (drained = true));
  for (const peer of [busy, stubborn]) {
    assert.equal((await peer.expectControl("goaway")).timeout, 5_000n);
  }
  await closedWith(idle, "no_error");
  await request.finish();
  await closedWith(busy, "no_error");
  await world.settle();
  assert.equal(drained, false);
  await world.clock.advance(5_000);
  await closedWith(stubborn, "goaway_timeout");
  await draining;
  assert.equal(world.metrics.sessionsEnded.drained, 3);
});

Deno.test("SessionServer.close() ends every session at once, without an error", async () => {
  const world = new HostWorld();
  const peer = await world.connect();
  await announce(peer, "a");
  await world.host.close();
  await closedWith(peer, "no_error");
  assert.equal(world.host.active, 0);
});

import assert from "node:assert/strict";
import { draftTest } from "../support/draft_test_case.ts";
import { namespaceOf, trackOf } from "../support/peers/scripted_peer.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import { USELESS_DATAGRAMS_AT_ONCE } from "../../relay/session/limits.ts";
import {
  accept,
  announce,
  announcing,
  datagram,
  nextSubgroup,
  objects,
  openSubgroup,
  publish,
  refused,
  sendSubgroup,
  subscribe,
  watch,
} from "./script.ts";

Deno.test("R-193: requests beyond the rate wait their turn", async () => {
  await using world = new SessionWorld({
    limits: { controlMessageRate: 2, controlMessageBurst: 4 },
  });
  const peer = await world.connect();
  const request = await announce(peer, "live");
  const update = (requestId: bigint) =>
    request.send({ kind: "requestUpdate", requestId, parameters: {} });
  for (const id of [2n, 4n, 6n, 8n]) await update(id);
  const answers: unknown[] = [];
  const reading = (async () => {
    while (answers.length < 4) answers.push(await request.expect("requestOk"));
  })();
  await world.settle();
  const atOnce = answers.length;
  assert.ok(atOnce < 3, `${atOnce} answers`);
  await world.advance(500);
  assert.equal(answers.length, atOnce + 1);
  await world.advance(3_000);
  await reading;
});

Deno.test("R-193: one peer that is slowed down slows no other", async () => {
  await using world = new SessionWorld({
    limits: { controlMessageRate: 1, controlMessageBurst: 3 },
  });
  const busy = await world.connect();
  for (let index = 0; index < 5; index++) {
    await busy.request({
      kind: "publishNamespace",
      namespace: namespaceOf(`n${index}`),
      parameters: {},
    });
  }
  await world.settle();
  assert.ok(world.metrics.requests.publish_namespace.ok < 3);
  await announce(await world.connect(), "live");
});

Deno.test("R-193: a request too many gets EXCESSIVE_LOAD and when to come again", async () => {
  await using world = new SessionWorld({ limits: { maxRequests: 2 } });
  const peer = await world.connect();
  const first = await announce(peer, "a");
  await announce(peer, "b");
  const error = await refused(await subscribe(peer), "EXCESSIVE_LOAD");
  assert.ok(error.retryAfter > 1n);
  await first.finish();
  await world.settle();
  await announce(peer, "c");
});

Deno.test("a subscription too many gets EXCESSIVE_LOAD and when to come again", async () => {
  await using world = new SessionWorld({ limits: { maxSubscriptions: 1 } });
  const { subscriber, downstream } = await watch(world);
  const error = await refused(await subscribe(subscriber, {}, OTHER), "EXCESSIVE_LOAD");
  assert.ok(error.retryAfter > 1n);
  downstream.cancel("cancelled");
  await world.settle();
  await (await subscribe(subscriber)).expect("subscribeOk");
});

draftTest(
  "what the relay subscribes to at a publisher is none of the publisher's own subscriptions",
  async () => {
    await using world = new SessionWorld({ limits: { maxSubscriptions: 1 } });
    const { publisher } = await watch(world);
    for (const [at, name] of ["a", "b", "c"].entries()) {
      const request = await subscribe(await world.connect(), {}, trackOf("live/cam", name));
      await accept(publisher, { alias: 20n + BigInt(at) });
      await request.expect("subscribeOk");
    }
    const other = await announcing(world, "room");
    const own = await subscribe(publisher, {}, trackOf("room", "a"));
    await accept(other);
    await own.expect("subscribeOk");
    await refused(await subscribe(publisher, {}, trackOf("room", "b")), "EXCESSIVE_LOAD");
  },
);

const OTHER = trackOf("live/cam", "audio");

Deno.test("a track too many of one publisher is refused, offered or asked for", async () => {
  await using world = new SessionWorld({ limits: { maxPublishedTracks: 1 } });
  const { publisher, subscriber } = await watch(world);
  await refused(await publish(publisher, { track: OTHER, alias: 9n }), "EXCESSIVE_LOAD");
  await refused(await subscribe(subscriber, {}, OTHER), "EXCESSIVE_LOAD");
});

Deno.test("tracks beyond those of a scope are refused, and room that is free again is used", async () => {
  await using world = new SessionWorld({ maxTracks: 1 });
  const peer = await world.connect();
  const offer = await publish(peer);
  await offer.expect("requestOk");
  await refused(await publish(peer, { track: OTHER, alias: 9n }), "EXCESSIVE_LOAD");
  await refused(await subscribe(peer, {}, OTHER), "EXCESSIVE_LOAD");
  await offer.finish();
  await world.settle();
  await (await publish(peer, { track: OTHER, alias: 9n })).expect("requestOk");
});

Deno.test("an object larger than the relay takes ends its track, in words and for all to hear", async () => {
  await using world = new SessionWorld({ limits: { maxObjectBytes: 100 } });
  const { publisher, subscriber, downstream, upstream } = await watch(world);
  await sendSubgroup(publisher, { group: 1n }, { id: 0, payload: "x".repeat(100) });
  assert.equal((await nextSubgroup(subscriber)).group, 1n);
  const large = await openSubgroup(publisher, { group: 2n }, { id: 0, payload: "x".repeat(101) });
  const done = await downstream.expect("publishDone");
  assert.equal(done.code, "excessive_load");
  assert.match(done.reason, /An object of 101 bytes/);
  await assert.rejects(large.send(...objects(1, 1)), { kind: "stopped" });
  assert.equal(await upstream.ended(), "excessive_load");
  assert.equal(world.metrics.droppedObjects.too_large, 1);
  await announce(publisher, "still here");
});

Deno.test("R-200: equal requests that come at once are made once upstream", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const waiting = [];
  for (let count = 0; count < 10; count++) waiting.push(await subscribe(await world.connect()));
  await accept(publisher);
  for (const downstream of waiting) await downstream.expect("subscribeOk");
  assert.equal(world.metrics.upstreamRequests.subscribe.ok, 1);
  await world.stillPending(publisher.acceptRequest(), "A second SUBSCRIBE");
});

Deno.test("R-200: subscriptions that come and go at once are one upstream", async () => {
  await using world = new SessionWorld();
  const { subscriber, downstream, publisher } = await watch(world);
  let current = downstream;
  for (let turn = 0; turn < 20; turn++) {
    current.cancel("cancelled");
    current = await subscribe(subscriber);
    await current.expect("subscribeOk");
  }
  assert.equal(world.metrics.upstreamRequests.subscribe.ok, 1);
  await world.stillPending(publisher.acceptRequest(), "A second SUBSCRIBE");
});

Deno.test("R-012: before a peer's SETUP nothing leaves but ours, and then what 18 defines", async () => {
  await using world = new SessionWorld({ settings: { solicit: true } });
  const peer = await world.connect({ setup: false });
  await peer.theirSetup();
  const request = peer.acceptRequest();
  await world.stillPending(request, "A request before SETUP");
  await peer.openControl(new Uint8Array([0xaf, 0x00, 0x00, 0x00]));
  const message = await (await request).expect("subscribeNamespace");
  assert.deepEqual(message.parameters, {});
});

Deno.test("a refused offer to a subscriber holds no place", async () => {
  await using world = new SessionWorld({ limits: { maxSubscriptions: 1 } });
  const peer = await world.connect();
  const tracks = await peer.request({ kind: "subscribeTracks", prefix: [], parameters: {} });
  await tracks.expect("requestOk");
  const publisher = await world.connect();
  await publish(publisher);
  const { request } = await peer.expectRequest("publish");
  await request.sendError("uninterested");
  await request.finish();
  await world.settle();
  await publish(publisher, { track: OTHER, alias: 9n });
  const next = await peer.expectRequest("publish");
  assert.deepEqual(next.message.track, OTHER);
  await next.request.sendOk();
});

Deno.test("a session that floods with datagrams of no track is closed, and others lose nothing", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world);
  const flooder = await world.connect();
  for (let sent = 0; sent <= USELESS_DATAGRAMS_AT_ONCE; sent++) {
    flooder.sendDatagram(datagram(flooder, { alias: 99n, object: sent }));
    if (sent % 500 === 0) await world.settle();
  }
  await world.settle();
  assert.equal((await flooder.closed).by, "peer");
  assert.equal(world.metrics.sessionsEnded.limit, 1);
  await sendSubgroup(publisher, { group: 1n }, ...objects(3));
  assert.deepEqual((await nextSubgroup(subscriber)).ids, [0, 1, 2]);
});

import { done, refused as denied } from "@qumo/shared/runtime";
import { formatNamespace } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { draft18Test, draft19Test, draftTest, modernTest } from "../support/draft_test_case.ts";
import { namespaceOf, trackOf } from "../support/peers/scripted_peer.ts";
import { LINGER_MS, SessionWorld } from "../support/worlds/session_world.ts";
import {
  accept,
  announce,
  announcing,
  at,
  closedWith,
  datagram,
  join,
  nextSubgroup,
  objects,
  openSubgroup,
  properties,
  publish,
  publishDone,
  refused,
  sendSubgroup,
  sendSubscribeOk,
  SubgroupReader,
  subscribe,
  VIDEO,
  watch,
  written,
} from "./script.ts";

draft19Test(
  "R-057: PUBLISH of a track with subscribers gets PUBLISH_OK with forwarding on",
  async () => {
    await using world = new SessionWorld();
    const { subscriber } = await watch(world);
    const second = await world.connect();
    const offer = await publish(second, { alias: 30n });
    assert.deepEqual((await offer.expect("requestOk")).parameters, { forward: true });
    await sendSubgroup(second, { alias: 30n, group: 1n }, ...objects(1));
    assert.deepEqual((await nextSubgroup(subscriber)).ids, [0]);
  },
);

draft19Test(
  "R-057: with forwarding off when nobody wants objects, and on as soon as somebody does",
  async () => {
    await using world = new SessionWorld();
    const publisher = await world.connect();
    const offer = await publish(publisher);
    assert.deepEqual((await offer.expect("requestOk")).parameters, { forward: false });
    const { subscriber, downstream } = await join(world);
    assert.deepEqual((await offer.expect("requestUpdate")).parameters, { forward: true });
    await offer.sendOk();
    await sendSubgroup(publisher, { group: 1n }, ...objects(1));
    assert.deepEqual((await nextSubgroup(subscriber)).ids, [0]);
    downstream.cancel("cancelled");
    await world.advance(LINGER_MS);
    assert.deepEqual((await offer.expect("requestUpdate")).parameters, { forward: false });
  },
);

draftTest(
  "R-050, R-108: a subscriber of a published track gets SUBSCRIBE_OK with what PUBLISH said",
  async () => {
    await using world = new SessionWorld();
    const publisher = await world.connect();
    const list = properties([0x0e, 9], [0x3801, new Uint8Array([1, 2])]);
    const offer = await publish(publisher, { largest: at(3, 4), properties: list });
    await offer.expect("requestOk");
    const { ok, subscriber } = await join(world);
    assert.deepEqual(ok.parameters.largestObject, at(3, 4));
    assert.deepEqual(ok.properties, written(list, subscriber.draft.data));
  },
);

draftTest(
  "R-058, R-108: a PUBLISH is passed on to each session that asked for such tracks",
  async () => {
    await using world = new SessionWorld();
    const [early, other] = [await world.connect(), await world.connect()];
    for (const [peer, prefix] of [[early, "live"], [other, "other"]] as const) {
      const request = await peer.request({
        kind: "subscribeTracks",
        prefix: namespaceOf(prefix),
        parameters: {},
      });
      await request.expect("requestOk");
    }
    const list = properties([0x0e, 9]);
    const publisher = await world.connect();
    await (await publish(publisher, { largest: at(3, 4), properties: list })).expect("requestOk");
    const late = await world.connect();
    await late.request({ kind: "subscribeTracks", prefix: [], parameters: {} });
    for (const peer of [early, late]) {
      const { request, message } = await peer.expectRequest("publish");
      assert.deepEqual(message.track, VIDEO);
      assert.deepEqual(message.parameters, { forward: true, largestObject: at(3, 4) });
      assert.deepEqual(message.properties, list);
      await request.sendOk();
    }
    await world.stillPending(other.acceptRequest(), "A PUBLISH of another namespace");
    await sendSubgroup(publisher, { group: 4n }, ...objects(2));
    for (const peer of [early, late]) assert.deepEqual((await nextSubgroup(peer)).ids, [0, 1]);
  },
);

draftTest(
  "R-059: a SUBSCRIBE that waits for a publisher is served by its PUBLISH, and gets none beside it",
  async () => {
    await using world = new SessionWorld();
    const peer = await world.connect();
    const tracks = await peer.request({ kind: "subscribeTracks", prefix: [], parameters: {} });
    await tracks.expect("requestOk");
    const downstream = await subscribe(peer, { rendezvousTimeout: 5_000n });
    await world.settle();
    const publisher = await world.connect();
    const offer = await publish(publisher);
    await downstream.expect("subscribeOk");
    await offer.expect("requestOk");
    await world.stillPending(peer.acceptRequest(), "A PUBLISH");
  },
);

draftTest("R-060: no PUBLISH goes to who did not ask, or asks no longer", async () => {
  await using world = new SessionWorld();
  const [stranger, gone] = [await world.connect(), await world.connect()];
  const tracks = await gone.request({ kind: "subscribeTracks", prefix: [], parameters: {} });
  await tracks.expect("requestOk");
  await tracks.finish();
  await world.settle();
  await (await publish(await world.connect())).expect("requestOk");
  await world.stillPending(stranger.acceptRequest(), "A PUBLISH");
  await world.stillPending(gone.acceptRequest(), "A PUBLISH");
});

draftTest("R-061, R-062: what two publishers send reaches everybody, and once", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world);
  const second = await world.connect();
  await (await publish(second, { alias: 30n })).expect("requestOk");
  await sendSubgroup(publisher, { group: 1n }, ...objects(2));
  await sendSubgroup(second, { alias: 30n, group: 1n }, ...objects(2));
  await sendSubgroup(second, { alias: 30n, group: 2n }, ...objects(3));
  await sendSubgroup(publisher, { group: 2n }, ...objects(3));
  const came = [await nextSubgroup(subscriber), await nextSubgroup(subscriber)];
  assert.deepEqual(came.map(({ group, ids }) => [group, ids]), [[1n, [0, 1]], [2n, [0, 1, 2]]]);
  await world.stillPending(subscriber.nextStream().catch(() => {}), "An object twice");
});

draftTest(
  "R-061, R-062: a subgroup that two publishers send in parts is whole downstream",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber } = await watch(world);
    const second = await world.connect();
    await (await publish(second, { alias: 30n })).expect("requestOk");
    const one = await openSubgroup(publisher, { group: 1n }, ...objects(2));
    const other = await openSubgroup(second, { alias: 30n, group: 1n }, ...objects(4));
    await one.send(...objects(4, 2));
    await other.finish();
    await one.finish();
    const { ids, end } = await nextSubgroup(subscriber);
    assert.deepEqual([ids, end], [[0, 1, 2, 3, 4, 5], "fin"]);
  },
);

draftTest(
  "R-056: a publisher that announces a namespace in use is asked for what flows from others",
  async () => {
    await using world = new SessionWorld();
    const { subscriber } = await watch(world);
    const second = await announcing(world, "live/cam");
    const { message } = await accept(second, { alias: 30n });
    assert.deepEqual(message.track, VIDEO);
    await sendSubgroup(second, { alias: 30n, group: 1n }, ...objects(1));
    assert.deepEqual((await nextSubgroup(subscriber)).ids, [0]);
  },
);

draftTest(
  "R-176: a publisher that moves to a new session leaves no gap and no duplicate",
  async () => {
    await using world = new SessionWorld();
    const { publisher: old, subscriber, downstream, upstream } = await watch(world);
    await sendSubgroup(old, { group: 1n }, ...objects(2));
    const next = await announcing(world);
    await accept(next, { alias: 30n, largest: at(1, 1) });
    await sendSubgroup(old, { group: 2n }, ...objects(2));
    await sendSubgroup(next, { alias: 30n, group: 2n }, ...objects(2));
    await world.settle();
    await publishDone(upstream, "going_away", 2);
    await world.advance(1_000);
    old.close();
    await sendSubgroup(next, { alias: 30n, group: 3n }, ...objects(2));
    const groups: bigint[] = [];
    for (let at = 0; at < 3; at++) groups.push((await nextSubgroup(subscriber)).group);
    assert.deepEqual(groups, [1n, 2n, 3n]);
    assert.equal(world.metrics.duplicateObjects, 2);
    assert.ok(Object.values(world.metrics.droppedObjects).every((count) => count === 0));
    await world.stillPending(downstream.next(), "The end of the subscription");
    await world.stillPending(subscriber.nextStream().catch(() => {}), "A duplicate");
  },
);

draftTest(
  "R-061: the track goes on when one of two publishers vanishes, and ends with the last",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber, downstream } = await watch(world);
    const second = await world.connect();
    await (await publish(second, { alias: 30n })).expect("requestOk");
    publisher.close();
    await sendSubgroup(second, { alias: 30n, group: 1n }, ...objects(1));
    assert.deepEqual((await nextSubgroup(subscriber)).ids, [0]);
    const end = downstream.next();
    await world.stillPending(end, "PUBLISH_DONE");
    second.close();
    assert.equal((await end).kind, "publishDone");
  },
);

draft18Test(
  "R-068: SUBSCRIBE for a track whose PUBLISH still waits is refused with DUPLICATE_SUBSCRIPTION",
  async () => {
    await using world = new SessionWorld();
    const peer = await world.connect();
    const tracks = await peer.request({ kind: "subscribeTracks", prefix: [], parameters: {} });
    await tracks.expect("requestOk");
    await (await publish(await world.connect())).expect("requestOk");
    await peer.expectRequest("publish");
    await refused(await subscribe(peer), "DUPLICATE_SUBSCRIPTION");
  },
);

draft19Test(
  "R-068: a PUBLISH that meets our waiting SUBSCRIBE is accepted, after that one has ended",
  async () => {
    await using world = new SessionWorld();
    const publisher = await announcing(world);
    const subscriber = await world.connect();
    const downstream = await subscribe(subscriber);
    const { request } = await publisher.expectRequest("subscribe");
    const offer = await publish(publisher);
    assert.equal(await request.ended(), "cancelled");
    assert.deepEqual((await offer.expect("requestOk")).parameters, { forward: true });
    await downstream.expect("subscribeOk");
    await sendSubgroup(publisher, { group: 1n }, ...objects(1));
    assert.deepEqual((await nextSubgroup(subscriber)).ids, [0]);
  },
);

draft18Test(
  "R-067: a second PUBLISH of a track by one session is refused with DUPLICATE_SUBSCRIPTION",
  async () => {
    await using world = new SessionWorld();
    const publisher = await world.connect();
    await (await publish(publisher)).expect("requestOk");
    await refused(await publish(publisher, { alias: 8n }), "DUPLICATE_SUBSCRIPTION");
  },
);

draft18Test(
  "R-067: so is a PUBLISH of a track that the session delivers by our SUBSCRIBE",
  async () => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world);
    await refused(await publish(publisher, { alias: 8n }), "DUPLICATE_SUBSCRIPTION");
  },
);

draftTest("R-085: streams of a PUBLISH that was refused are stopped", async () => {
  await using world = new SessionWorld({
    authorizer: ({ action }) =>
      action === "publish" ? denied({ kind: "uninterested", reason: "no" }) : done(undefined),
  });
  const publisher = await world.connect();
  const stream = await openSubgroup(publisher, {}, ...objects(1));
  await refused(await publish(publisher), "UNINTERESTED");
  await world.advance(2_000);
  await assert.rejects(stream.send(...objects(1, 1)), { kind: "stopped" });
  assert.equal(world.metrics.received.objects, 0);
});

draftTest("R-078, R-136, R-143: each request is authorised by itself", async () => {
  const asked: string[] = [];
  await using world = new SessionWorld({
    authorizer: ({ action, namespace }) => {
      asked.push(`${action} ${formatNamespace(namespace)}`);
      return namespace.some((field) => new TextDecoder().decode(field) === "secret")
        ? denied({ kind: "unauthorized", reason: "no" })
        : done(undefined);
    },
  });
  const { subscriber } = await watch(world);
  await join(world);
  const secret = trackOf("secret", "video");
  await refused(await subscribe(subscriber, {}, secret), "UNAUTHORIZED");
  await refused(await publish(subscriber, { track: secret }), "UNAUTHORIZED");
  await refused(
    await subscriber.request({ kind: "trackStatus", track: secret, parameters: {} }),
    "UNAUTHORIZED",
  );
  const range = { type: "standalone" as const, track: secret, start: at(0, 0), end: at(0, 0) };
  await refused(await subscriber.request({ kind: "fetch", range, parameters: {} }), "UNAUTHORIZED");
  const namespace = namespaceOf("secret");
  await refused(
    await subscriber.request({ kind: "publishNamespace", namespace, parameters: {} }),
    "UNAUTHORIZED",
  );
  for (const kind of ["subscribeNamespace", "subscribeTracks"] as const) {
    const request = await subscriber.request({ kind, prefix: namespace, parameters: {} });
    await refused(request, "UNAUTHORIZED");
  }
  assert.equal(asked.filter((line) => line === "subscribe live-cam").length, 2);
  await announce(subscriber, "open");
});

draftTest("R-177: a session whose SETUP is not allowed closes with UNAUTHORIZED", async () => {
  await using world = new SessionWorld({
    authorizer: () => denied({ kind: "unauthorized", reason: "not you" }),
  });
  await closedWith(await world.connect(), "unauthorized", /not you/);
});

draftTest(
  "R-086: a PUBLISH under an alias in use closes the session with DUPLICATE_TRACK_ALIAS",
  async () => {
    await using world = new SessionWorld();
    const publisher = await world.connect();
    await (await publish(publisher)).expect("requestOk");
    await publish(publisher, { track: trackOf("live/cam", "audio") });
    await closedWith(publisher, "duplicate_track_alias");
  },
);

modernTest(
  "R-109: PUBLISH with a mandatory property that nobody here knows gets UNSUPPORTED_EXTENSION",
  async () => {
    await using world = new SessionWorld();
    const watcher = await world.connect();
    await watcher.request({ kind: "subscribeTracks", prefix: [], parameters: {} });
    const publisher = await world.connect();
    const offer = await publish(publisher, { properties: properties([0x4000, 1]) });
    await refused(offer, "UNSUPPORTED_EXTENSION");
    await world.stillPending(watcher.acceptRequest(), "A PUBLISH");
  },
);

modernTest(
  "R-109: so does who waits for a SUBSCRIBE whose answer has one, and that is cancelled",
  async () => {
    await using world = new SessionWorld();
    const publisher = await announcing(world);
    const downstream = await subscribe(await world.connect());
    const { request } = await publisher.expectRequest("subscribe");
    await sendSubscribeOk(request, { properties: properties([0x7ffe, 1]) });
    await refused(downstream, "UNSUPPORTED_EXTENSION");
    assert.equal(await request.ended(), "cancelled");
  },
);

modernTest("R-112: a property counts inside the immutable ones too", async () => {
  await using world = new SessionWorld();
  const publisher = await world.connect();
  const hidden = properties([0x0b, properties([0x4000, 1])]);
  await refused(await publish(publisher, { properties: hidden }), "UNSUPPORTED_EXTENSION");
});

draftTest("R-057: a PUBLISH that ends by FIN, or with its session, ends the track", async () => {
  for (const end of ["fin", "close"] as const) {
    await using world = new SessionWorld();
    const publisher = await world.connect();
    const offer = await publish(publisher);
    await offer.expect("requestOk");
    const { downstream } = await join(world);
    if (end === "fin") await offer.finish();
    else publisher.close();
    await downstream.expect("publishDone");
  }
});

draftTest("R-081: a PUBLISH that ends with PUBLISH_DONE passes it on with its code", async () => {
  await using world = new SessionWorld();
  const publisher = await world.connect();
  const offer = await publish(publisher);
  await offer.expect("requestOk");
  const { downstream, subscriber } = await join(world);
  await publisher.sendDatagram(datagram(publisher, { group: 1n }));
  await sendSubgroup(publisher, { group: 1n }, ...objects(2, 1));
  await publishDone(offer, "expired", 1);
  await world.advance(2_000);
  const end = await downstream.expect("publishDone");
  assert.deepEqual([end.code, end.streamCount], ["expired", 1n]);
  assert.ok((await subscriber.nextDatagram()).length > 0);
  assert.equal(await SubgroupReader.next(subscriber).then(({ header }) => header.group), 1n);
});

import { type Filter } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { draft18Test, draft19Test, draftTest, modernTest } from "../support/draft_test_case.ts";
import { trackOf } from "../support/peers/scripted_peer.ts";
import { type ConnectOptions, LINGER_MS, SessionWorld } from "../support/worlds/session_world.ts";
import {
  accept,
  ALIAS,
  announce,
  announcing,
  at,
  closedWith,
  datagram,
  join,
  nextSubgroup,
  NO_PROPERTIES,
  objects,
  openSubgroup,
  properties,
  publishDone,
  refused,
  sendSubgroup,
  sendSubscribeOk,
  SubgroupReader,
  subscribe,
  VIDEO,
  watch,
} from "./script.ts";

/** What a publisher answers to an update. */
const UPDATED = { kind: "requestOk", parameters: {}, properties: NO_PROPERTIES } as const;

/** How long datagrams are awaited that PUBLISH_DONE may have overtaken. */
const DATAGRAMS_MS = 200;

draftTest("R-049: no SUBSCRIBE_OK before a publisher has agreed", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const downstream = await subscribe(await world.connect());
  const { request } = await publisher.expectRequest("subscribe");
  const answer = downstream.next();
  await world.stillPending(answer, "SUBSCRIBE_OK");
  await sendSubscribeOk(request);
  assert.equal((await answer).kind, "subscribeOk");
});

const LARGEST = { filter: { type: "largest_object" } } as const;

draftTest(
  "R-050, R-077: everybody shares one upstream subscription, with the Largest Object filter",
  async () => {
    await using world = new SessionWorld();
    const publisher = await announcing(world);
    const early = [
      await subscribe(await world.connect(), LARGEST),
      await subscribe(await world.connect(), LARGEST),
    ];
    const { request, message } = await publisher.expectRequest("subscribe");
    assert.deepEqual(message.parameters.filter, { type: "largest_object" });
    const another = publisher.acceptRequest();
    await world.stillPending(another, "A second upstream subscription");
    await sendSubscribeOk(request);
    for (const downstream of early) await downstream.expect("subscribeOk");
    await join(world, { filter: { type: "next_group" } });
    await world.stillPending(another, "A third upstream subscription");
  },
);

draftTest(
  "R-051, R-052, R-053: every publisher of the namespace or of a prefix of it is asked, by whole fields",
  async () => {
    await using world = new SessionWorld();
    const asked = [await world.connect(), await world.connect(), await world.connect()];
    const paths = ["live/cam", "live", ""];
    for (const [index, publisher] of asked.entries()) await announce(publisher, paths[index]!);
    const others = [await world.connect(), await world.connect()];
    await announce(others[0]!, "liv");
    await announce(others[1]!, "live/cam/left");
    const downstream = await subscribe(await world.connect());
    for (const publisher of asked) {
      assert.deepEqual((await publisher.expectRequest("subscribe")).message.track, VIDEO);
    }
    for (const other of others) await world.stillPending(other.acceptRequest(), "SUBSCRIBE");
    await world.stillPending(downstream.next(), "An answer");
  },
);

draftTest("R-051: one publisher that agrees is enough, whatever the others say", async () => {
  await using world = new SessionWorld();
  const [first, second] = [await world.connect(), await world.connect()];
  await announce(first, "live");
  await announce(second, "live");
  const downstream = await subscribe(await world.connect());
  const { request } = await first.expectRequest("subscribe");
  await request.sendError("does_not_exist", "not here");
  await accept(second);
  await downstream.expect("subscribeOk");
});

draftTest(
  "R-055, R-073, R-151: the upstream subscription flows, and has no options of one subscriber",
  async () => {
    await using world = new SessionWorld();
    const { message } = await watch(world, {
      parameters: {
        ...LARGEST,
        forward: false,
        subscriberPriority: 3,
        groupOrder: "descending",
        objectDeliveryTimeout: 100n,
        subgroupDeliveryTimeout: 200n,
        rendezvousTimeout: 300n,
      },
    });
    assert.deepEqual(message.parameters, { forward: true, filter: { type: "largest_object" } });
  },
);

draftTest(
  "R-054, R-055: forwarding goes off upstream with the last that wants it, and on with the next",
  async () => {
    await using world = new SessionWorld();
    const { upstream, downstream } = await watch(world);
    const second = await join(world);
    const next = upstream.next();
    await downstream.send({
      kind: "requestUpdate",
      requestId: 2n,
      parameters: { forward: false },
    });
    await downstream.expect("requestOk");
    await world.stillPending(next, "An update upstream");
    await second.downstream.send({
      kind: "requestUpdate",
      requestId: 2n,
      parameters: { forward: false },
    });
    const off = await next;
    await upstream.send(UPDATED);
    assert.deepEqual(off.kind === "requestUpdate" && off.parameters, { forward: false });
    await join(world);
    const on = await upstream.expect("requestUpdate");
    assert.deepEqual(on.parameters, { forward: true });
  },
);

draftTest("R-063: with forwarding off nothing comes, and with it on what is new", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber, downstream } = await watch(world, {
    parameters: { forward: false },
  });
  const group = await openSubgroup(publisher, { group: 1n }, ...objects(3));
  await world.stillPending(subscriber.nextStream().catch(() => {}), "A stream");
  await downstream.send({ kind: "requestUpdate", requestId: 2n, parameters: { forward: true } });
  const ok = await downstream.expect("requestOk");
  assert.deepEqual(ok.parameters.largestObject, at(1, 2));
  await group.send(...objects(2, 3));
  await group.finish();
  await sendSubgroup(publisher, { group: 2n }, ...objects(2));
  await world.settle();
  assert.equal(world.metrics.sent.subgroups, 2);
});

const FILTERS: [string, Filter | undefined, string[]][] = [
  ["none", undefined, ["5: 0 1 2 3 4 5", "6: 0 1 2", "7: 0 1 2"]],
  ["the beginning", { type: "absolute_start", start: at(0, 0) }, [
    "5: 0 1 2 3 4 5",
    "6: 0 1 2",
    "7: 0 1 2",
  ]],
  ["largest object", { type: "largest_object" }, ["5: 4 5", "6: 0 1 2", "7: 0 1 2"]],
  ["next group", { type: "next_group" }, ["6: 0 1 2", "7: 0 1 2"]],
  ["a start in the past", { type: "absolute_start", start: at(1, 0) }, [
    "4: 0 1",
    "5: 0 1 2 3 4 5",
    "6: 0 1 2",
    "7: 0 1 2",
  ]],
  ["a start in the group", { type: "absolute_start", start: at(5, 5) }, [
    "5: 5",
    "6: 0 1 2",
    "7: 0 1 2",
  ]],
  ["a start in the future", { type: "absolute_start", start: at(6, 1) }, ["6: 1 2", "7: 0 1 2"]],
  ["a range of the group", { type: "absolute_range", start: at(5, 2), endGroup: 5n }, [
    "5: 2 3 4 5",
  ]],
  ["a range to come", { type: "absolute_range", start: at(5, 5), endGroup: 6n }, [
    "5: 5",
    "6: 0 1 2",
  ]],
];
for (const [name, filter, expected] of FILTERS) {
  draftTest(
    `R-063, R-065: a filter lets through what is in its range, of the past too: ${name}`,
    async () => {
      await using world = new SessionWorld();
      const { publisher } = await watch(world);
      await sendSubgroup(publisher, { group: 4n }, ...objects(2));
      const group = await openSubgroup(publisher, { group: 5n }, ...objects(4));
      await world.settle();
      const { subscriber, ok } = await join(world, filter === undefined ? {} : { filter });
      assert.deepEqual(ok.parameters.largestObject, at(5, 3));
      await group.send(...objects(2, 4));
      await group.finish();
      await sendSubgroup(publisher, { group: 6n }, ...objects(3));
      await sendSubgroup(publisher, { group: 7n }, ...objects(3));
      const came: string[] = [];
      for (const _ of expected) {
        const { group, ids, end } = await nextSubgroup(subscriber);
        assert.equal(end, "fin");
        came.push(`${group}: ${ids.join(" ")}`);
      }
      assert.deepEqual(came, expected);
      await world.stillPending(
        subscriber.nextStream().catch(() => {}),
        "A stream outside the range",
      );
    },
  );
}

draft19Test(
  "R-064, R-084: a range whose last group is over is refused, and no object follows",
  async () => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world);
    await sendSubgroup(publisher, { group: 5n }, ...objects(1));
    await world.settle();
    const peer = await world.connect();
    const filter: Filter = { type: "absolute_range", start: at(1, 0), endGroup: 4n };
    await refused(await subscribe(peer, { filter }), "INVALID_RANGE");
    await sendSubgroup(publisher, { group: 6n }, ...objects(1));
    await world.stillPending(peer.nextStream().catch(() => {}), "A stream");
  },
);

draftTest(
  "R-065: LARGEST_OBJECT is absent at first, then the greatest that was told or came",
  async () => {
    await using world = new SessionWorld();
    const { ok, publisher } = await watch(world);
    assert.equal(ok.parameters.largestObject, undefined);
    await sendSubgroup(publisher, { group: 5n }, ...objects(2));
    await sendSubgroup(publisher, { group: 4n }, ...objects(9));
    await world.settle();
    assert.deepEqual((await join(world)).ok.parameters.largestObject, at(5, 1));
  },
);

draftTest("R-065: what upstream told counts where it is greater than what came", async () => {
  await using world = new SessionWorld();
  const { ok, publisher } = await watch(world, { answer: { largest: at(8, 3) } });
  assert.deepEqual(ok.parameters.largestObject, at(8, 3));
  await sendSubgroup(publisher, { group: 7n }, ...objects(2));
  await world.settle();
  assert.deepEqual((await join(world)).ok.parameters.largestObject, at(8, 3));
});

draftTest(
  "R-063, R-065: Largest Object lets nothing through up to what upstream told, though it comes later",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber } = await watch(world, {
      answer: { largest: at(8, 3) },
      parameters: { filter: { type: "largest_object" } },
    });
    await sendSubgroup(publisher, { group: 8n }, ...objects(4, 2));
    await sendSubgroup(publisher, { group: 7n }, ...objects(2));
    await sendSubgroup(publisher, { group: 9n }, ...objects(1));
    const came = [await nextSubgroup(subscriber), await nextSubgroup(subscriber)];
    assert.deepEqual(came.map(({ group, ids }) => [group, ids]), [[8n, [4, 5]], [9n, [0]]]);
  },
);

for (const written of [0, 1, 2, 5]) {
  draftTest(
    `R-066, R-091: a subscriber that joins behind ${written} objects gets all from the largest on, once`,
    async () => {
      await using world = new SessionWorld();
      const { publisher } = await watch(world);
      const group = await openSubgroup(publisher, { group: 2n }, ...objects(written));
      await world.settle();
      const { subscriber, ok } = await join(world, { filter: { type: "largest_object" } });
      const largest = ok.parameters.largestObject;
      assert.deepEqual(largest, written === 0 ? undefined : at(2, written - 1));
      await group.send(...objects(6 - written, written));
      await group.finish();
      const { ids } = await nextSubgroup(subscriber);
      assert.deepEqual(ids, [0, 1, 2, 3, 4, 5].filter((id) => id >= written));
    },
  );
}

draftTest(
  "R-066: an object that has begun counts as the largest, and is not sent half",
  async () => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world);
    const group = await openSubgroup(publisher, { group: 2n }, ...objects(1));
    const second = group.encode({ id: 1, payload: "a long payload" });
    await group.write(second.subarray(0, 5));
    await world.settle();
    const { subscriber, ok } = await join(world, { filter: { type: "largest_object" } });
    assert.deepEqual(ok.parameters.largestObject, at(2, 1));
    await group.write(second.subarray(5));
    await group.send({ id: 2, payload: "next" });
    await group.finish();
    assert.deepEqual((await nextSubgroup(subscriber)).ids, [2]);
  },
);

draft18Test(
  "R-067: a second subscription of a session to a track is refused with DUPLICATE_SUBSCRIPTION",
  async () => {
    await using world = new SessionWorld();
    const { subscriber } = await watch(world);
    await refused(await subscribe(subscriber), "DUPLICATE_SUBSCRIPTION");
  },
);

draft18Test("R-067: one that still waits for its answer counts too", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect();
  await subscribe(peer, { rendezvousTimeout: 1_000n });
  await refused(await subscribe(peer), "DUPLICATE_SUBSCRIPTION");
});

draftTest(
  "R-067: a subscriber that left, or whose subscription ended, may subscribe again at once",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber, downstream, upstream } = await watch(world);
    downstream.cancel("cancelled");
    const again = await subscribe(subscriber);
    await again.expect("subscribeOk");
    await publishDone(upstream, "track_ended", 0);
    await world.advance(DATAGRAMS_MS);
    await again.expect("publishDone");
    // Its own half of the old request is still open.
    const once = await subscribe(subscriber);
    await accept(publisher);
    await once.expect("subscribeOk");
  },
);

draftTest("R-069: a publisher that subscribes to its own track gets its objects back", async () => {
  await using world = new SessionWorld();
  const peer = await announcing(world);
  const downstream = await subscribe(peer);
  await accept(peer);
  await downstream.expect("subscribeOk");
  await sendSubgroup(peer, { group: 1n }, ...objects(2));
  assert.deepEqual((await nextSubgroup(peer)).ids, [0, 1]);
});

draftTest("R-070: the head of a large object arrives before its tail was sent", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world);
  const group = await openSubgroup(publisher, { group: 1n });
  const whole = group.encode({ id: 0, payload: "x".repeat(60_000) });
  await group.write(whole.subarray(0, 40_000));
  const reader = await SubgroupReader.next(subscriber);
  await reader.stream.bytes(30_000);
  await group.write(whole.subarray(40_000));
  await group.finish();
  const { bytes, end } = await reader.stream.whole();
  assert.equal(end, "fin");
  assert.deepEqual(bytes.slice(-60_000), whole.slice(-60_000));
});

draftTest("R-071: without a publisher DOES_NOT_EXIST comes at once", async () => {
  await using world = new SessionWorld();
  await announcing(world, "other");
  await refused(await subscribe(await world.connect()), "DOES_NOT_EXIST");
  await refused(
    await subscribe(await world.connect(), { rendezvousTimeout: 0n }),
    "DOES_NOT_EXIST",
  );
});

draftTest("R-072: with RENDEZVOUS_TIMEOUT it waits that long, then TIMEOUT comes", async () => {
  await using world = new SessionWorld();
  const downstream = await subscribe(await world.connect(), { rendezvousTimeout: 700n });
  const answer = downstream.next();
  await world.advance(699);
  await world.stillPending(answer, "An answer");
  await world.advance(1);
  const error = await answer;
  assert.equal(error.kind === "requestError" && error.code, "timeout");
});

Deno.test("R-072: no longer than the relay's own limit", async () => {
  await using world = new SessionWorld({ settings: { rendezvousMaxMs: 500 } });
  const downstream = await subscribe(await world.connect(), { rendezvousTimeout: 2n ** 62n });
  await world.advance(500);
  await refused(downstream, "TIMEOUT");
});

draftTest("R-072: a publisher that comes in time serves it", async () => {
  await using world = new SessionWorld();
  const downstream = await subscribe(await world.connect(), { rendezvousTimeout: 700n });
  await world.advance(600);
  const publisher = await announcing(world);
  await accept(publisher);
  await downstream.expect("subscribeOk");
});

draftTest("R-072: a publisher that does not have the track is no end of the wait", async () => {
  await using world = new SessionWorld();
  const downstream = await subscribe(await world.connect(), { rendezvousTimeout: 700n });
  const answer = downstream.next();
  const publisher = await announcing(world);
  const { request } = await publisher.expectRequest("subscribe");
  await request.sendError("does_not_exist");
  await world.stillPending(answer, "An answer");
  const other = await announcing(world, "live/cam");
  await accept(other);
  assert.equal((await answer).kind, "subscribeOk");
});

draftTest("R-072: who gives up waiting leaves nothing behind", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect();
  const downstream = await subscribe(peer, { rendezvousTimeout: 20_000n });
  await world.settle();
  downstream.cancel("cancelled");
  await world.settle();
  const publisher = await announcing(world);
  await world.stillPending(publisher.acceptRequest(), "SUBSCRIBE");
});

draftTest("R-074: NEW_GROUP_REQUEST goes up with the SUBSCRIBE that it comes with", async () => {
  await using world = new SessionWorld();
  const { message } = await watch(world, { parameters: { newGroupRequest: 6n } });
  assert.equal(message.parameters.newGroupRequest, 6n);
});

const DYNAMIC = properties([0x30, 1]);

const NEW_GROUPS: [string, bigint[], bigint[]][] = [
  ["0 goes up", [0n], [0n]],
  ["past the largest group goes up", [6n], [6n]],
  ["up to the largest group does not", [5n, 1n], []],
  ["the same or less does not go up while one is outstanding", [8n, 8n, 7n, 0n], [8n]],
  ["a greater one does", [6n, 7n], [6n, 7n]],
];
for (const [name, asked, expected] of NEW_GROUPS) {
  draftTest(`R-075: of NEW_GROUP_REQUEST on a flowing track, ${name}`, async () => {
    await using world = new SessionWorld();
    const { publisher, upstream, downstream } = await watch(world, {
      answer: { properties: DYNAMIC },
    });
    await sendSubgroup(publisher, { group: 5n }, ...objects(1));
    await world.settle();
    for (const [index, newGroupRequest] of asked.entries()) {
      const requestId = 2n + 2n * BigInt(index);
      await downstream.send({
        kind: "requestUpdate",
        requestId,
        parameters: { newGroupRequest },
      });
      await downstream.expect("requestOk");
    }
    for (const value of expected) {
      assert.equal((await upstream.expect("requestUpdate")).parameters.newGroupRequest, value);
      await upstream.send(UPDATED);
    }
    await world.stillPending(upstream.next(), "A further NEW_GROUP_REQUEST");
  });
}

draftTest("R-075: one is outstanding until the largest group grows", async () => {
  await using world = new SessionWorld();
  const { publisher, upstream } = await watch(world, { answer: { properties: DYNAMIC } });
  await sendSubgroup(publisher, { group: 5n }, ...objects(1));
  await world.settle();
  await join(world, { newGroupRequest: 6n });
  assert.equal((await upstream.expect("requestUpdate")).parameters.newGroupRequest, 6n);
  await upstream.send(UPDATED);
  await sendSubgroup(publisher, { group: 6n }, ...objects(1));
  await world.settle();
  await join(world, { newGroupRequest: 0n });
  assert.equal((await upstream.expect("requestUpdate")).parameters.newGroupRequest, 0n);
});

draftTest("R-076: no NEW_GROUP_REQUEST goes up for a track without dynamic groups", async () => {
  await using world = new SessionWorld();
  const { upstream } = await watch(world);
  await join(world, { newGroupRequest: 0n });
  await world.stillPending(upstream.next(), "NEW_GROUP_REQUEST");
});

draftTest("R-080: a subscriber that cancels its request has its data streams reset", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber, downstream } = await watch(world);
  await openSubgroup(publisher, { group: 1n }, ...objects(2));
  const reader = await SubgroupReader.next(subscriber);
  await reader.next();
  await reader.next();
  downstream.cancel("cancelled");
  assert.equal(await reader.next(), "cancelled");
  await sendSubgroup(publisher, { group: 2n }, ...objects(1));
  await world.stillPending(subscriber.nextStream().catch(() => {}), "A stream");
});

draftTest(
  "R-077: when the last subscriber has left, the publisher is left too, after a while",
  async () => {
    await using world = new SessionWorld();
    const { downstream, upstream } = await watch(world);
    const second = await join(world);
    downstream.cancel("cancelled");
    await world.advance(LINGER_MS);
    const next = upstream.incoming.messageOrEnd().catch(() => "left");
    await world.stillPending(next, "The end of the upstream subscription");
    second.downstream.cancel("cancelled");
    await world.advance(LINGER_MS - 1);
    await world.stillPending(next, "The end of the upstream subscription");
    const third = await join(world);
    await world.advance(LINGER_MS);
    await world.stillPending(next, "The end of the upstream subscription");
    third.subscriber.close();
    await world.advance(LINGER_MS);
    await next;
    assert.equal(await upstream.incoming.ended(), "cancelled");
  },
);

draftTest(
  "R-036: a publisher that has not answered yet is left when nobody waits any more",
  async () => {
    await using world = new SessionWorld();
    const publisher = await announcing(world);
    const downstream = await subscribe(await world.connect());
    const { request } = await publisher.expectRequest("subscribe");
    downstream.cancel("cancelled");
    await world.advance(LINGER_MS);
    assert.equal(await request.ended(), "cancelled");
  },
);

draftTest("R-081, R-082: PUBLISH_DONE follows the last stream, and counts them", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber, downstream, upstream } = await watch(world);
  await sendSubgroup(publisher, { group: 1n }, ...objects(2));
  await sendSubgroup(publisher, { group: 1n, subgroup: 1n }, ...objects(2, 2));
  const last = await openSubgroup(publisher, { group: 2n }, ...objects(1));
  await publishDone(upstream, "track_ended", 3);
  const done = downstream.next();
  await world.stillPending(done, "PUBLISH_DONE");
  await last.send(...objects(1, 1));
  await last.finish();
  const message = await done;
  assert.ok(message.kind === "publishDone");
  assert.deepEqual([message.code, message.streamCount], ["track_ended", 3n]);
  assert.equal(await downstream.ended(), "fin");
  const streams = [1, 2, 3].map(() => nextSubgroup(subscriber));
  assert.deepEqual((await Promise.all(streams)).map(({ ids }) => ids), [[0, 1], [2, 3], [0, 1]]);
});

draftTest("R-082: PUBLISH_DONE counts 0 where nothing was sent", async () => {
  await using world = new SessionWorld();
  const { downstream, upstream } = await watch(world);
  await publishDone(upstream, "track_ended", 0);
  await world.advance(DATAGRAMS_MS);
  assert.equal((await downstream.expect("publishDone")).streamCount, 0n);
});

draftTest("R-083: after PUBLISH_DONE as many streams are awaited as it counts", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber, downstream, upstream } = await watch(world);
  await publishDone(upstream, "track_ended", 1);
  const done = downstream.next();
  await world.advance(1_500);
  await world.stillPending(done, "PUBLISH_DONE");
  await sendSubgroup(publisher, { group: 1n }, ...objects(2));
  assert.equal((await done).kind, "publishDone");
  assert.deepEqual((await nextSubgroup(subscriber)).ids, [0, 1]);
});

draftTest(
  "R-083: but no longer than the delivery timeouts, and what is open then is stopped",
  async () => {
    await using world = new SessionWorld();
    const answer = { properties: properties([0x02, 3_000], [0x06, 2_500]) };
    const { publisher, downstream, upstream } = await watch(world, { answer });
    const open = await openSubgroup(publisher, { group: 1n }, ...objects(1));
    await publishDone(upstream, "track_ended", 2n ** 62n - 1n);
    const done = downstream.next();
    await world.advance(2_999);
    await world.stillPending(done, "PUBLISH_DONE");
    await world.advance(1);
    await assert.rejects(open.send(...objects(1, 1)), { kind: "stopped" });
    assert.equal((await done).kind, "publishDone");
  },
);

draftTest(
  "R-086: an alias for a second track closes the session with DUPLICATE_TRACK_ALIAS",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber } = await watch(world);
    await subscribe(subscriber, {}, trackOf("live/cam", "audio"));
    await accept(publisher, { alias: ALIAS });
    await closedWith(publisher, "duplicate_track_alias");
  },
);

draftTest("R-086: each track has an alias of its own towards subscribers", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber, ok } = await watch(world);
  const other = await subscribe(subscriber, {}, trackOf("live/cam", "audio"));
  await accept(publisher, { alias: ALIAS + 1n });
  assert.notEqual((await other.expect("subscribeOk")).alias, ok.alias);
});

draftTest(
  "R-087: late objects of a subscription that was left are stopped at once, and quietly",
  async () => {
    await using world = new SessionWorld();
    const { publisher, downstream } = await watch(world);
    downstream.cancel("cancelled");
    await world.advance(LINGER_MS);
    const late = await openSubgroup(publisher, { group: 1n }, ...objects(1));
    await world.settle();
    await assert.rejects(late.send(...objects(1, 1)), {
      kind: "stopped",
      code: publisher.draft.streamCodes.cancelled,
    });
    await announce(publisher, "more");
  },
);

draftTest(
  "R-087: late datagrams of one are not taken for those of the next under its alias",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber, downstream } = await watch(world);
    downstream.cancel("cancelled");
    await world.advance(LINGER_MS);
    publisher.sendDatagram(datagram(publisher, { group: 1n }));
    await world.settle();
    const other = await subscribe(subscriber, {}, trackOf("live/cam", "audio"));
    await accept(publisher);
    await other.expect("subscribeOk");
    await world.stillPending(subscriber.nextDatagram().catch(() => {}), "A datagram");
  },
);

draftTest("R-088: an alias that nobody knows is no error", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect();
  const stray = await openSubgroup(peer, { alias: 99n }, ...objects(1));
  await world.advance(2_000);
  await assert.rejects(stray.send(...objects(1, 1)), { kind: "stopped" });
  await announce(peer, "live");
});

draftTest("R-089: EXPIRES from a publisher ends nothing by itself", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const subscriber = await world.connect();
  const downstream = await subscribe(subscriber);
  const { request } = await publisher.expectRequest("subscribe");
  await request.send({
    kind: "subscribeOk",
    alias: ALIAS,
    parameters: { expires: 100n },
    properties: properties(),
  });
  await downstream.expect("subscribeOk");
  await world.advance(10_000);
  await sendSubgroup(publisher, { group: 1n }, ...objects(1));
  assert.deepEqual((await nextSubgroup(subscriber)).ids, [0]);
});

const LATE: [string, "auto" | "strict" | "group_start", ConnectOptions, number[]][] = [
  ["strict, whoever asks", "strict", { setup: { solicit: true } }, [3, 4]],
  ["auto, for strangers", "auto", {}, [3, 4]],
  ["auto, for peers that cannot do without", "auto", { setup: { solicit: true } }, [0, 1, 2, 3, 4]],
  ["group_start, whoever asks", "group_start", {}, [0, 1, 2, 3, 4]],
];
for (const [name, lateJoin, options, ids] of LATE) {
  draftTest(`late_join decides where Largest Object begins: ${name}`, async () => {
    await using world = new SessionWorld({ settings: { lateJoin } });
    const { publisher } = await watch(world);
    const group = await openSubgroup(publisher, { group: 2n }, ...objects(3));
    await world.settle();
    const parameters = { filter: { type: "largest_object" } as const };
    const { subscriber } = await join(world, parameters, options);
    await group.send(...objects(2, 3));
    await group.finish();
    assert.deepEqual((await nextSubgroup(subscriber)).ids, ids);
  });
}

modernTest(
  "R-100: FIRST_OBJECT is passed on with a subgroup's first object, and not without it",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber } = await watch(world);
    const group = await openSubgroup(publisher, { group: 2n, firstObject: true }, ...objects(2));
    const first = await SubgroupReader.next(subscriber);
    assert.equal(first.header.firstObject, true);
    const late = await join(world, LARGEST);
    await group.send(...objects(1, 2));
    const reader = await SubgroupReader.next(late.subscriber);
    assert.equal(reader.header.firstObject, false);
    await sendSubgroup(publisher, { group: 3n, firstObject: false }, ...objects(2));
    assert.equal((await SubgroupReader.next(late.subscriber)).header.firstObject, false);
  },
);

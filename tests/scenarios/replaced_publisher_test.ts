import { type ControlMessageOf } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { draftTest } from "../support/draft_test_case.ts";
import { MAX_SUBGROUPS_PER_GROUP } from "../../relay/track/limits.ts";
import type { RequestStream } from "../support/peers/scripted_streams.ts";
import { type ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import {
  accept,
  announce,
  announcing,
  at,
  datagram,
  nextSubgroup,
  objects,
  openSubgroup,
  properties,
  publish,
  publishDone,
  refused,
  sendSubgroup,
  SubgroupReader,
  subscribe,
  watch,
} from "./script.ts";
import type { ReplacementPolicy } from "../../relay/vocabulary/mod.ts";

const IDLE_MS = 10_000;
const MOQ_DEV = { setup: { solicit: true } } as const;
const SECOND = 30n;
const LIVE = { filter: { type: "largest_object" } } as const;
const FLOOD_FROM = 2 ** 40;
const CATALOG = trackOf("live", "catalog");

/** A publisher that answers the relay, and one object a group from group 0 on. */
async function film(peer: ScriptedPeer, alias: bigint, groups: number, who: string) {
  for (let group = 0; group < groups; group++) {
    await sendSubgroup(peer, { alias, group: BigInt(group) }, {
      id: 0,
      payload: `${who} ${group}`,
    });
  }
}

async function nextObject(peer: ScriptedPeer): Promise<string> {
  const reader = await SubgroupReader.next(peer);
  const object = await reader.next();
  assert.ok(typeof object === "object");
  return `${reader.header.group} ${object.payload}`;
}

async function toldToComeBack(request: RequestStream): Promise<ControlMessageOf<"publishDone">> {
  const done = await request.expect("publishDone");
  assert.equal(done.code, "internal_error");
  assert.match(done.reason, /subscribe again/);
  return done;
}

for (const groups of [1, 7, 100, 300]) {
  for (const after of [500, 5_000, 15_000, 35_000]) {
    draftTest(
      `an encoder that crashed behind group ${groups} and begins anew after ${after} ms is seen at once`,
      async () => {
        await using world = new SessionWorld({ cache: { maxGroupsPerTrack: 50 } });
        const former = await world.join();
        await announce(former.peer, "live");
        const viewer = await world.connect();
        const first = await subscribe(viewer, LIVE);
        await accept(former.peer);
        await first.expect("subscribeOk");
        await film(former.peer, 7n, groups, "former");
        await world.settle();
        for (let group = 0; group < groups; group++) await nextObject(viewer);
        await world.clock.advance(Math.min(after, IDLE_MS));
        if (after >= IDLE_MS) {
          // The relay gives up a peer that says nothing.
          former.connection.close(0, "");
          await first.expect("publishDone");
          await world.clock.advance(after - IDLE_MS);
        }
        const anew = await announcing(world);
        let again = first;
        if (after >= IDLE_MS) again = await subscribe(viewer, LIVE);
        await accept(anew);
        if (after < IDLE_MS) {
          await film(anew, 7n, 1, "new");
          await toldToComeBack(first);
          again = await subscribe(viewer, LIVE);
        }
        await again.expect("subscribeOk");
        await sendSubgroup(anew, { group: 1n }, { id: 0, payload: "new 1" });
        assert.equal(await nextObject(viewer), "1 new 1");
        const late = await world.connect();
        await (await subscribe(late, LIVE)).expect("subscribeOk");
        await sendSubgroup(anew, { group: 2n }, { id: 0, payload: "new 2" });
        assert.equal(await nextObject(late), "2 new 2");
        if (after < IDLE_MS) assert.equal(world.metrics.replacements.newer, 1);
        assert.equal(world.metrics.malformed.track, 0);
      },
    );
  }
}

draftTest("a publisher that takes over keeps what it had sent of the group already", async () => {
  await using world = new SessionWorld();
  const { publisher, downstream, subscriber } = await watch(world);
  await sendSubgroup(publisher, { group: 0n }, ...objects(3));
  await world.settle();
  const anew = await announcing(world);
  await accept(anew);
  const stream = await openSubgroup(anew, { group: 0n, firstObject: true }, ...objects(2));
  await world.settle();
  await stream.send({ id: 2, payload: "object X" });
  await world.settle();
  await toldToComeBack(downstream);
  const again = await subscribe(subscriber, {
    filter: { type: "absolute_start", start: at(0, 0) },
  });
  await again.expect("subscribeOk");
  await stream.send({ id: 3, payload: "object 3" });
  await stream.finish();
  await nextSubgroup(subscriber);
  const reader = await SubgroupReader.next(subscriber);
  assert.equal(reader.header.firstObject, true);
  const payloads = (await reader.objects()).objects.map(({ payload }) => payload);
  assert.deepEqual(payloads, ["object 0", "object 1", "object X", "object 3"]);
});

for (const policy of ["newest", "oldest"] as const) {
  draftTest(
    `of two encoders on one key the ${policy} has the track, and the other stays out while it lives`,
    async () => {
      await using world = new SessionWorld({ policy });
      const { publisher: old, downstream, upstream, subscriber } = await watch(world);
      const young = await world.join();
      await announce(young.peer, "live");
      const { request: youngUpstream } = await accept(young.peer, { alias: SECOND });
      await sendSubgroup(old, { group: 0n }, { id: 0, payload: "old 0" });
      assert.equal(await nextObject(subscriber), "0 old 0");
      await sendSubgroup(young.peer, { alias: SECOND, group: 0n }, { id: 0, payload: "young 0" });
      await world.settle();
      const isNewest = policy === "newest";
      const [winner, loser] = isNewest ? [young.peer, old] : [old, young.peer];
      const [winning, losing] = isNewest ? [SECOND, 7n] : [7n, SECOND];
      const lost = isNewest ? upstream : youngUpstream;
      // Its subscription is cancelled, and what it sends all the same is not taken.
      assert.notEqual(await lost.ended(), undefined);
      const again = isNewest
        ? (await toldToComeBack(downstream), await subscribe(subscriber, LIVE))
        : downstream;
      if (isNewest) await again.expect("subscribeOk");
      for (const group of [5n, 6n]) {
        await sendSubgroup(loser, { alias: losing, group }, { id: 0, payload: "lost" });
        await sendSubgroup(winner, { alias: winning, group }, { id: 0, payload: "won" });
        await world.settle();
        assert.equal(await nextObject(subscriber), `${group} won`);
      }
      const back = loser.acceptRequest();
      await world.stillPending(back, "A request");
      const late = await world.connect();
      await (await subscribe(late, LIVE)).expect("subscribeOk");
      // The winner leaves, and the other one may come back.
      if (isNewest) young.connection.close(0, "");
      else await old[Symbol.asyncDispose]();
      assert.ok(await back);
    },
  );
}

draftTest(
  "a stranger that pushes the same name with other objects loses its feed where the older keeps it",
  async () => {
    await using world = new SessionWorld({ policy: "oldest" });
    const { publisher, downstream, subscriber } = await watch(world);
    const canary = await world.connect();
    await (await subscribe(canary)).expect("subscribeOk");
    const stranger = await world.connect();
    const request = await publish(stranger, { alias: SECOND });
    await request.expect("requestOk");
    for (let group = 0n; group < 5n; group++) {
      await sendSubgroup(publisher, { group }, ...objects(2));
      await world.settle();
      await sendSubgroup(stranger, { alias: SECOND, group }, { id: 0, payload: "poison" });
      await world.settle();
      for (const peer of [subscriber, canary]) {
        assert.deepEqual((await nextSubgroup(peer)).ids, [0, 1]);
      }
    }
    await world.stillPending(downstream.next(), "PUBLISH_DONE");
    assert.deepEqual([world.metrics.malformed.track, world.metrics.replacements.older], [0, 1]);
  },
);

draftTest("a stranger that contradicts itself ends nobody's track but its own", async () => {
  await using world = new SessionWorld({ policy: "oldest" });
  const { publisher, downstream, subscriber } = await watch(world);
  const stranger = await world.connect();
  await (await publish(stranger, { alias: SECOND })).expect("requestOk");
  await sendSubgroup(publisher, { group: 3n }, ...objects(1));
  await world.settle();
  assert.equal(await nextObject(subscriber), "3 object 0");
  await sendSubgroup(stranger, { alias: SECOND, group: 3n }, ...objects(1));
  await sendSubgroup(stranger, { alias: SECOND, group: 3n }, { id: 0, payload: "another" });
  await world.settle();
  await sendSubgroup(publisher, { group: 4n }, ...objects(1));
  assert.equal(await nextObject(subscriber), "4 object 0");
  await world.stillPending(downstream.next(), "PUBLISH_DONE");
  assert.equal(world.metrics.malformed.track, 0);
});

for (const policy of ["newest", "oldest"] as const) {
  const gaps = [["groups", 0x3c, 6n, 0], ["objects", 0x3e, 3n, 9]] as const;
  for (const [what, type, group, id] of gaps) {
    draftTest(
      `a stranger that declares a gap over ${what} that are there loses alone, where the ${policy} has the track`,
      async () => {
        await using world = new SessionWorld({ policy });
        const before = policy === "newest" ? await world.connect() : undefined;
        const { publisher, downstream, upstream, subscriber } = await watch(world);
        const stranger = before ?? await world.connect();
        const stream = await openSubgroup(publisher, { group: 3n }, ...objects(3));
        await world.settle();
        await (await publish(stranger, { alias: SECOND })).expect("requestOk");
        const poison = { id, payload: "poison", properties: properties([type, id || 6]) };
        const fields = { alias: SECOND, group, subgroup: 9n, hasProperties: true };
        await openSubgroup(stranger, fields, poison);
        await world.settle();
        await stream.send(...objects(2, 3));
        await stream.finish();
        await sendSubgroup(publisher, { group: 4n }, ...objects(1));
        assert.deepEqual((await nextSubgroup(subscriber)).ids, [0, 1, 2, 3, 4]);
        assert.deepEqual((await nextSubgroup(subscriber)).ids, [0]);
        await world.stillPending(downstream.next(), "PUBLISH_DONE");
        await world.stillPending(upstream.ended(), "The end of the publisher's subscription");
        assert.equal(world.metrics.malformed.track, 0);
      },
    );
  }
}

for (const policy of ["newest", "oldest"] as const) {
  draftTest(
    `what a stranger says of a track counts for nobody while another's objects come, where the ${policy} has it`,
    async () => {
      await using world = new SessionWorld({ policy });
      const own = properties([0x0e, 7]);
      const { publisher, subscriber } = await watch(world, { answer: { properties: own } });
      await sendSubgroup(publisher, { group: 3n }, ...objects(1));
      await world.settle();
      assert.equal(await nextObject(subscriber), "3 object 0");
      const stranger = await world.join();
      await announce(stranger.peer, "live");
      await accept(stranger.peer, {
        alias: SECOND,
        largest: { group: 2n ** 40n, object: 0n },
        properties: properties([0x04, 0]),
      });
      await world.settle();
      for (const group of [4n, 5n]) {
        const late = await world.connect();
        const answer = await (await subscribe(late, LIVE)).expect("subscribeOk");
        assert.deepEqual(answer.parameters.largestObject, { group: group - 1n, object: 0n });
        assert.deepEqual(answer.properties, own);
        await sendSubgroup(publisher, { group }, ...objects(1));
        assert.equal(await nextObject(late), `${group} object 0`);
        assert.equal(await nextObject(subscriber), `${group} object 0`);
        stranger.connection.close(0, "");
        await world.settle();
      }
    },
  );
}

draftTest("a second publisher is refused at once where the policy says so", async () => {
  await using world = new SessionWorld({ policy: "refuse" });
  await watch(world);
  const second = await world.connect();
  const request = await second.request({
    kind: "publishNamespace",
    namespace: [new TextEncoder().encode("live")],
    parameters: {},
  });
  assert.match((await refused(request, "UNINTERESTED")).reason, /another session/);
  await refused(await publish(second), "UNINTERESTED");
});

draftTest(
  "a stranger with a wider namespace is not asked for a publisher's track where a second one is refused",
  async () => {
    await using world = new SessionWorld({ policy: "refuse" });
    const publisher = await world.join();
    await announce(publisher.peer, "live/cam");
    const viewer = await world.connect();
    const request = await subscribe(viewer, LIVE);
    await accept(publisher.peer);
    await request.expect("subscribeOk");
    const stranger = await announcing(world);
    const asked = stranger.acceptRequest();
    const late = await world.connect();
    await (await subscribe(late, LIVE)).expect("subscribeOk");
    await world.stillPending(asked, "A request");
    await sendSubgroup(publisher.peer, { group: 1n }, ...objects(1));
    for (const peer of [viewer, late]) assert.equal(await nextObject(peer), "1 object 0");
    publisher.connection.close(0, "");
    assert.ok(await asked);
  },
);

draftTest(
  "publishers that send the same stand in for each other, whatever the policy",
  async () => {
    for (const policy of ["newest", "oldest"] satisfies ReplacementPolicy[]) {
      await using world = new SessionWorld({ policy });
      const { publisher, downstream, subscriber } = await watch(world);
      const standby = await world.join();
      await announce(standby.peer, "live");
      await accept(standby.peer, { alias: SECOND });
      for (let group = 5n; group < 9n; group++) {
        await sendSubgroup(publisher, { group }, ...objects(2));
        // It is a group behind.
        await sendSubgroup(standby.peer, { alias: SECOND, group: group - 1n }, ...objects(2));
        await world.settle();
      }
      await publisher[Symbol.asyncDispose]();
      for (let group = 8n; group < 11n; group++) {
        await sendSubgroup(standby.peer, { alias: SECOND, group }, ...objects(2));
      }
      const groups = new Set<bigint>();
      while (!groups.has(10n)) groups.add((await nextSubgroup(subscriber)).group);
      assert.equal(groups.size, 7, [...groups].join());
      await world.stillPending(downstream.next(), "PUBLISH_DONE");
      const { newer, older, gone } = world.metrics.replacements;
      assert.deepEqual([newer, older, gone], [0, 0, 0]);
    }
  },
);

draftTest(
  "all tracks of a namespace change with the first, and players of moq-dev are told once",
  async () => {
    await using world = new SessionWorld();
    const old = await announcing(world);
    const viewer = await world.connect(MOQ_DEV);
    const namespaces = await viewer.request({
      kind: "subscribeNamespace",
      prefix: [],
      parameters: {},
    });
    await namespaces.expect("requestOk");
    await namespaces.expect("namespace");
    const video = await subscribe(viewer, LIVE);
    await accept(old);
    await video.expect("subscribeOk");
    const catalog = await subscribe(viewer, LIVE, CATALOG);
    await accept(old, { alias: 8n });
    await catalog.expect("subscribeOk");
    await sendSubgroup(old, { group: 4n }, { id: 0, payload: "old 4" });
    await sendSubgroup(old, { alias: 8n }, { id: 0, payload: "old catalog" });
    await world.settle();

    const young = await announcing(world);
    await accept(young, { alias: 40n });
    await accept(young, { alias: 41n });
    await sendSubgroup(young, { alias: 40n }, { id: 0, payload: "young 0" });
    await world.settle();
    // Before the tracks end: who is told of that first would ask for them again at once.
    await namespaces.expect("namespaceDone");
    await toldToComeBack(video);
    await toldToComeBack(catalog);
    const told = namespaces.next();
    await world.stillPending(told, "NAMESPACE before every track has ended");
    await world.clock.advance(60);
    assert.equal((await told)?.kind, "namespace");
    await world.clock.advance(1_000);
    await world.stillPending(namespaces.next(), "A second NAMESPACE_DONE");
  },
);

draftTest(
  "a namespace that goes while its tracks are taken over is not said to go twice",
  async () => {
    await using world = new SessionWorld();
    const { publisher: old, announcement, downstream } = await watch(world);
    const viewer = await world.connect(MOQ_DEV);
    const namespaces = await viewer.request({
      kind: "subscribeNamespace",
      prefix: [],
      parameters: {},
    });
    await namespaces.expect("requestOk");
    await namespaces.expect("namespace");
    await sendSubgroup(old, { group: 4n }, { id: 0, payload: "old 4" });
    const young = await world.connect();
    const anew = await announce(young, "live");
    await accept(young, { alias: 40n });
    await sendSubgroup(young, { alias: 40n }, { id: 0, payload: "young 0" });
    await world.settle();
    await namespaces.expect("namespaceDone");
    await toldToComeBack(downstream);
    await announcement.finish();
    await anew.finish();
    const next = namespaces.next();
    await world.clock.advance(1_000);
    await world.stillPending(next, "A second NAMESPACE_DONE");
    await announce(young, "live");
    assert.equal((await next)?.kind, "namespace");
  },
);

draftTest("a viewer that watches for tracks is offered the one that begins anew", async () => {
  await using world = new SessionWorld();
  const old = await world.connect();
  await (await publish(old)).expect("requestOk");
  const viewer = await world.connect();
  const watching = await viewer.request({ kind: "subscribeTracks", prefix: [], parameters: {} });
  await watching.expect("requestOk");
  const { request: offer, message: first } = await viewer.expectRequest("publish");
  await offer.sendOk();
  await sendSubgroup(old, { group: 3n }, ...objects(1));
  await world.settle();
  const young = await world.connect();
  await (await publish(young, { alias: SECOND })).expect("requestOk");
  await sendSubgroup(young, { alias: SECOND, group: 0n }, ...objects(1));
  const { request, message } = await viewer.expectRequest("publish");
  assert.notEqual(message.alias, first.alias);
  await toldToComeBack(offer);
  await request.sendOk();
  await sendSubgroup(young, { alias: SECOND, group: 1n }, { id: 0, payload: "young" });
  await world.settle();
  assert.equal(await nextObject(viewer), "3 object 0");
  assert.equal(await nextObject(viewer), "0 object 0");
  assert.equal(await nextObject(viewer), "1 young");
});

draftTest("datagrams of an encoder that begins anew are seen at once", async () => {
  await using world = new SessionWorld();
  const { publisher, downstream, subscriber } = await watch(world);
  for (let group = 0n; group < 40n; group++) publisher.sendDatagram(datagram(publisher, { group }));
  await world.settle();
  const anew = await announcing(world);
  await accept(anew, { alias: SECOND });
  await world.settle();
  anew.sendDatagram(datagram(anew, { alias: SECOND, group: 0n, text: "anew" }));
  await toldToComeBack(downstream);
  await (await subscribe(subscriber)).expect("subscribeOk");
});

draftTest(
  "the end of a track keeps its reason although its publisher closes right behind",
  async () => {
    await using world = new SessionWorld();
    const { publisher, downstream, upstream } = await watch(world);
    await sendSubgroup(publisher, {}, ...objects(1));
    await world.settle();
    await publishDone(upstream, "track_ended", 2);
    await world.clock.advance(3);
    await publisher[Symbol.asyncDispose]();
    assert.equal((await downstream.expect("publishDone")).code, "track_ended");
  },
);

draftTest(
  "a chat of one group goes on for its viewers beside a stranger's flood of other subgroups",
  async () => {
    await using world = new SessionWorld({ policy: "oldest", cache: { maxTrackBytes: 900_000 } });
    const { publisher, subscriber, downstream } = await watch(world);
    let seen = -1;
    void (async () => {
      for (;;) {
        const { ids: [id = -1] } = await nextSubgroup(subscriber);
        if (id < FLOOD_FROM) seen = id;
      }
    })().catch(() => {});
    const ended = downstream.next();
    const say = (id: number) =>
      sendSubgroup(publisher, { group: 0n, subgroup: BigInt(id) }, ...objects(1, id));
    for (let id = 0; id < 3; id++) await say(id);
    const stranger = await announcing(world);
    await accept(stranger, { alias: SECOND });
    for (let count = 0; count < MAX_SUBGROUPS_PER_GROUP + 100; count++) {
      const id = FLOOD_FROM + count;
      const place = { alias: SECOND, group: 0n, subgroup: BigInt(id) };
      await sendSubgroup(stranger, place, ...objects(1, id));
      if (count % 20 === 0) await world.settle();
    }
    for (let id = 3; id < 13; id++) {
      await say(id);
      await world.advance(1_000);
    }
    assert.equal(seen, 12);
    assert.equal(world.metrics.droppedObjects.too_old, 0);
    await world.stillPending(ended, "The end of the track");
  },
);

draftTest(
  "whose objects are too old for those of another keeps the track if it is to prevail",
  async () => {
    await using world = new SessionWorld({ policy: "oldest", cache: { maxGroupsPerTrack: 2 } });
    const { publisher, downstream } = await watch(world);
    const chat = await openSubgroup(publisher, { group: 0n }, ...objects(1));
    await world.settle();
    const stranger = await announcing(world);
    const { request } = await accept(stranger, { alias: SECOND });
    for (const group of [5n, 6n, 7n]) {
      await sendSubgroup(stranger, { alias: SECOND, group }, ...objects(1));
    }
    await world.settle();
    for (let id = 1; id < 8; id++) {
      await chat.send(...objects(1, id)).catch(() => {});
      await world.advance(1_000);
    }
    await toldToComeBack(downstream);
    assert.ok(await request.ended(), "The stranger is out");
    assert.equal(world.metrics.replacements.older, 1);
    assert.equal(world.metrics.tracksGivenUp.only_drops, 0);
  },
);

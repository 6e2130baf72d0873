import { type ControlMessageOf, draftOf, NO_PROPERTIES } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { draftTest } from "../support/draft_test_case.ts";
import type { RequestStream } from "../support/peers/scripted_streams.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import {
  accept,
  announcing,
  datagram,
  nextSubgroup,
  objects,
  openSubgroup,
  properties,
  type ScriptedObject,
  sendSubgroup,
  SubgroupReader,
  subscribe,
  watch,
} from "./script.ts";

type Update = ControlMessageOf<"requestUpdate">["parameters"];

const OBJECT_TIMEOUT = 0x02;
const SUBGROUP_TIMEOUT = 0x06;

/** A subscriber whose streams take so few bytes that a `large` object waits until it reads. */
const SLOW = { memory: { streamWindow: 64 } };

function large(id: number): ScriptedObject {
  return { id, payload: "x".repeat(200) };
}

/** An update that is answered, in the middle of whatever else. */
async function update(request: RequestStream, requestId: bigint, parameters: Update) {
  await request.send({ kind: "requestUpdate", requestId, parameters });
  await request.expect("requestOk");
}

draftTest(
  "R-153: an object that waited too long is not sent, and its stream reset with DELIVERY_TIMEOUT",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber } = await watch(world, {
      parameters: { objectDeliveryTimeout: 100n },
      subscriber: SLOW,
    });
    const group = await openSubgroup(publisher, { group: 1n }, large(0));
    await world.settle();
    await group.send(...objects(1, 1));
    await world.advance(101);
    assert.deepEqual(await nextSubgroup(subscriber), {
      group: 1n,
      subgroup: 0n,
      ids: [0],
      end: "delivery_timeout",
    });
    assert.equal(world.metrics.skips.delivery_timeout, 1);
  },
);

draftTest("R-153: an object that waited just not too long is sent", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world, {
    parameters: { objectDeliveryTimeout: 100n },
    subscriber: SLOW,
  });
  const group = await openSubgroup(publisher, { group: 1n }, large(0));
  await world.settle();
  await group.send(...objects(1, 1));
  await group.finish();
  await world.advance(100);
  const { ids, end } = await nextSubgroup(subscriber);
  assert.deepEqual([ids, end], [[0, 1], "fin"]);
});

draftTest(
  "R-153: a subgroup that was cut off is not opened again, and others are as ever",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber } = await watch(world, {
      parameters: { objectDeliveryTimeout: 100n },
      subscriber: SLOW,
    });
    const group = await openSubgroup(publisher, { group: 1n }, large(0));
    await world.settle();
    await group.send(...objects(1, 1));
    await world.advance(101);
    await nextSubgroup(subscriber);
    await group.send(...objects(1, 2));
    await group.finish();
    await sendSubgroup(publisher, { group: 1n, subgroup: 1n }, ...objects(1, 3));
    assert.deepEqual((await nextSubgroup(subscriber)).subgroup, 1n);
    await world.stillPending(
      subscriber.nextStream().catch(() => {}),
      "The subgroup's second stream",
    );
  },
);

draftTest(
  "R-153: where streams cannot be reset, one that was cut off stays open without an end",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber, joined } = await watch(world, {
      parameters: { objectDeliveryTimeout: 100n },
      subscriber: { memory: { streamWindow: 64, canReset: false } },
    });
    const group = await openSubgroup(publisher, { group: 1n }, large(0));
    await world.settle();
    await group.send(...objects(1, 1));
    await world.advance(101);
    const reader = await SubgroupReader.next(subscriber);
    assert.deepEqual(await reader.next(), large(0));
    await world.stillPending(reader.next().catch(() => {}), "The end of the stream");
    assert.equal(joined.session.counts.parkedStreams, 1);
    assert.equal(world.metrics.streamsParked, 1);
  },
);

draftTest(
  "R-153: an object whose head has left is sent whole, however long its tail takes",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber } = await watch(world, {
      parameters: { objectDeliveryTimeout: 100n },
    });
    const payload = "x".repeat(40_000);
    const group = await openSubgroup(publisher, { group: 1n });
    const bytes = group.encode({ id: 0, payload });
    await group.write(bytes.slice(0, 30_000));
    await world.advance(500);
    await group.write(bytes.slice(30_000));
    await group.finish();
    const reader = await SubgroupReader.next(subscriber);
    assert.deepEqual(await reader.objects(), { objects: [{ id: 0, payload }], end: "fin" });
  },
);

draftTest(
  "R-154: a whole subgroup that is not delivered in time is reset with DELIVERY_TIMEOUT",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber } = await watch(world, {
      parameters: { subgroupDeliveryTimeout: 100n },
      subscriber: SLOW,
    });
    const group = await openSubgroup(publisher, { group: 1n }, large(0));
    await world.settle();
    await group.send(...objects(1, 1));
    await world.advance(500);
    assert.equal(world.metrics.skips.delivery_timeout, 0, "The subgroup had not ended yet");
    await group.finish();
    await world.advance(99);
    assert.equal(world.metrics.skips.delivery_timeout, 0);
    await world.advance(1);
    assert.equal(world.metrics.skips.delivery_timeout, 1);
    const stream = await subscriber.nextStream();
    assert.equal((await stream.whole()).end, "delivery_timeout");
  },
);

draftTest("R-154: a subgroup that was delivered in time ends with FIN", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world, {
    parameters: { subgroupDeliveryTimeout: 100n },
    subscriber: SLOW,
  });
  await sendSubgroup(publisher, { group: 1n }, large(0));
  await world.advance(99);
  assert.equal((await nextSubgroup(subscriber)).end, "fin");
  await world.advance(100);
  assert.equal(world.metrics.skips.delivery_timeout, 0);
});

/** Who sets which timeout, and after how many milliseconds an object is too old. */
const SHORTER: [string, { track: number; asked?: bigint; updated?: bigint }, number][] = [
  ["the publisher's alone", { track: 100 }, 100],
  ["the subscriber's where it is smaller", { track: 300, asked: 100n }, 100],
  ["the publisher's where that is smaller", { track: 100, asked: 300n }, 100],
  ["the publisher's where the subscriber says 0", { track: 100, asked: 0n }, 100],
  ["the subscriber's where the publisher says 0", { track: 0, asked: 100n }, 100],
  ["the subscriber's last word, shorter", { track: 0, asked: 300n, updated: 100n }, 100],
  ["the subscriber's last word, longer", { track: 0, asked: 100n, updated: 300n }, 300],
  ["the publisher's, when the subscriber's grew", { track: 300, asked: 100n, updated: 500n }, 300],
  ["the publisher's, when the subscriber's went", { track: 300, asked: 100n, updated: 0n }, 300],
  ["none", { track: 0, asked: 0n }, Infinity],
];

for (const [name, { track, asked, updated }, expected] of SHORTER) {
  draftTest(`R-155: of two object timeouts counts ${name}`, async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber, downstream } = await watch(world, {
      answer: { properties: properties([OBJECT_TIMEOUT, track]) },
      parameters: asked === undefined ? {} : { objectDeliveryTimeout: asked },
      subscriber: SLOW,
    });
    if (updated !== undefined) await update(downstream, 2n, { objectDeliveryTimeout: updated });
    for (const late of [false, true]) {
      const wait = expected === Infinity ? 10_000 : expected + (late ? 1 : 0);
      const group = await openSubgroup(publisher, { group: late ? 2n : 1n }, large(0));
      await world.settle();
      await group.send(...objects(1, 1));
      await group.finish();
      await world.advance(wait);
      const { end } = await nextSubgroup(subscriber);
      const cut = late && expected !== Infinity;
      assert.equal(end, cut ? "delivery_timeout" : "fin", `after ${wait} ms`);
    }
  });

  draftTest(`R-155: of two subgroup timeouts counts ${name}`, async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber, downstream } = await watch(world, {
      answer: { properties: properties([SUBGROUP_TIMEOUT, track]) },
      parameters: asked === undefined ? {} : { subgroupDeliveryTimeout: asked },
      subscriber: SLOW,
    });
    if (updated !== undefined) await update(downstream, 2n, { subgroupDeliveryTimeout: updated });
    for (const late of [false, true]) {
      const wait = expected === Infinity ? 10_000 : expected - (late ? 0 : 1);
      await sendSubgroup(publisher, { group: late ? 2n : 1n }, large(0));
      await world.advance(wait);
      const stream = await subscriber.nextStream();
      const { end } = await stream.whole();
      const cut = late && expected !== Infinity;
      assert.equal(end, cut ? "delivery_timeout" : "fin", `after ${wait} ms`);
    }
  });
}

draftTest("R-155: an update's timeout counts for what waits already", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber, downstream } = await watch(world, { subscriber: SLOW });
  const group = await openSubgroup(publisher, { group: 1n }, large(0));
  await world.settle();
  await group.send(...objects(1, 1));
  await update(downstream, 2n, { objectDeliveryTimeout: 100n });
  await world.advance(101);
  assert.equal((await nextSubgroup(subscriber)).end, "delivery_timeout");
});

/** Timeouts for a datagram, and how long it may wait at the most. */
const DATAGRAM_TIMEOUTS: [string, Update, number][] = [
  ["R-163: OBJECT_DELIVERY_TIMEOUT", { objectDeliveryTimeout: 100n }, 100],
  ["R-164: SUBGROUP_DELIVERY_TIMEOUT", { subgroupDeliveryTimeout: 100n }, 100],
  [
    "R-164: of both the smaller, be it the object's",
    { objectDeliveryTimeout: 100n, subgroupDeliveryTimeout: 200n },
    100,
  ],
  [
    "R-164: of both the smaller, be it the subgroup's",
    { objectDeliveryTimeout: 200n, subgroupDeliveryTimeout: 100n },
    100,
  ],
  ["R-163: nothing, as long as no timeout is set", {}, 1_999],
];

for (const [name, parameters, limit] of DATAGRAM_TIMEOUTS) {
  draftTest(`${name}, ends the wait of a datagram that came before its track's name`, async () => {
    await using world = new SessionWorld();
    const publisher = await announcing(world);
    const subscriber = await world.connect();
    await subscribe(subscriber, parameters);
    const dropped = world.metrics.skips;
    publisher.sendDatagram(datagram(publisher, { object: 0, text: "old" }));
    await world.advance(1);
    publisher.sendDatagram(datagram(publisher, { object: 1, text: "new" }));
    await world.advance(limit);
    await accept(publisher);
    await world.advance(0);
    if (limit < 1_000) assert.equal(dropped.delivery_timeout, 1);
    const first = new TextDecoder().decode(await subscriber.nextDatagram());
    assert.match(first, limit < 1_000 ? /new$/ : /old$/);
  });
}

/** What the object at this place of each subgroup says, on a track that says 300 ms. */
const OF_OBJECTS: [string, { from: string; to?: string; object?: number; at: number }, number][] = [
  ["the first object's, of draft 19, in place of the track's", { from: "moqt-19", at: 0 }, 100],
  ["the first object's, of draft 22, for a viewer of draft 17", {
    from: "moqt-22",
    to: "moqt-17",
    at: 0,
  }, 100],
  [
    "the first object's, of draft 20, that says none",
    { from: "moqt-20", object: 0, at: 0 },
    Infinity,
  ],
  ["the track's where a later object has one", { from: "moqt-19", at: 1 }, 300],
  ["the track's in draft 18, which has none of objects", { from: "moqt-18", at: 0 }, 300],
];

for (const [name, { from, to = "moqt-18", object = 100, at }, expected] of OF_OBJECTS) {
  for (const type of [OBJECT_TIMEOUT, SUBGROUP_TIMEOUT]) {
    const what = type === OBJECT_TIMEOUT ? "object" : "subgroup";
    Deno.test(`R-155: as ${what} timeout of a subgroup counts ${name}`, async () => {
      await using world = new SessionWorld();
      const { publisher, subscriber } = await watch(world, {
        publisher: { draft: draftOf(from)! },
        subscriber: { draft: draftOf(to)!, ...SLOW },
        answer: { properties: properties([type, 300]) },
      });
      for (const late of [false, true]) {
        const wait = expected === Infinity ? 10_000 : expected + (late ? 1 : -1);
        const header = { group: late ? 2n : 1n, hasProperties: true, firstObject: true };
        const of = (id: number) => ({
          ...large(id),
          properties: id === at ? properties([type, object]) : NO_PROPERTIES,
        });
        const group = await openSubgroup(publisher, header, of(0));
        await world.settle();
        await group.send(of(1));
        await group.finish();
        await world.advance(wait);
        const stream = await subscriber.nextStream();
        const { end } = await stream.whole();
        assert.equal(end, late && expected !== Infinity ? "delivery_timeout" : "fin");
      }
    });
  }
}

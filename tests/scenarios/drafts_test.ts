/** Publishers and subscribers of different drafts: what is the same for all, and what one cannot say. */
import { encodeFetchHeader, MAX_OBJECT_ID } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { SessionWorld } from "../support/worlds/session_world.ts";
import { testDraft } from "../support/test_draft.ts";
import {
  announce,
  announcing,
  at,
  datagram,
  fetch,
  join,
  nextDatagram,
  nextSubgroup,
  objects,
  openSubgroup,
  properties,
  publish,
  readFetch,
  refused,
  sendSubgroup,
  SubgroupReader,
  subscribe,
  VIDEO,
  watch,
} from "./script.ts";
import { referenceDraft } from "../support/reference_draft.ts";

const FOREIGN = { draft: testDraft };

// More than integers of RFC 9000 carry.
const LARGE = 2n ** 62n;

for (
  const [from, to] of [[referenceDraft, testDraft], [testDraft, referenceDraft]] as const
) {
  Deno.test(`a subscriber of another draft than ${from.protocol} reads the group and the object that were sent`, async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber } = await watch(world, {
      publisher: { draft: from },
      subscriber: { draft: to },
    });
    const object = { id: 70, payload: "x".repeat(100), properties: properties([0x80, 300]) };
    await sendSubgroup(publisher, { group: 300n, subgroup: 200n, hasProperties: true }, object);
    const reader = await SubgroupReader.next(subscriber);
    assert.deepEqual([reader.header.group, reader.header.subgroup], [300n, 200n]);
    assert.deepEqual(await reader.objects(), { objects: [object], end: "fin" });
    publisher.sendDatagram(datagram(publisher, { group: 301n, object: 80, text: "by itself" }));
    const { group, object: id, payload } = await nextDatagram(subscriber);
    assert.deepEqual([group, id, new TextDecoder().decode(payload)], [301n, 80, "by itself"]);
    await fetch(subscriber, [300, 0], [300, 100], { fillTimeout: 0n });
    const [unknown, came] = (await readFetch(subscriber)).items;
    assert.deepEqual([unknown, came], ["unknown to 300/69", `300/70 ${object.payload}`]);
  });
}

Deno.test("subscribers of one further draft share one rendering, which is freed with its group", async () => {
  await using world = new SessionWorld({ cache: { maxGroupsPerTrack: 1 } });
  const { publisher, subscriber } = await watch(world);
  const group = await openSubgroup(publisher, { group: 1n }, ...objects(3));
  await nextIds(subscriber, 3);
  const native = world.registry.cache.bytes;
  const first = await join(world, {}, FOREIGN);
  await world.settle();
  const both = world.registry.cache.bytes;
  assert.ok(both > native && both < 3 * native, `${both} bytes of ${native}`);
  const more = [await join(world, {}, FOREIGN), await join(world, {}, FOREIGN)];
  await world.settle();
  assert.equal(world.registry.cache.bytes, both);
  await group.send(...objects(2, 3));
  for (const { subscriber } of [first, ...more]) await nextIds(subscriber, 2);
  await group.finish();
  await world.settle();
  await sendSubgroup(publisher, { group: 2n }, ...objects(3));
  await world.settle();
  assert.equal(world.registry.cache.bytes, both, "only the new group in both drafts is left");
});

/** Reads so many objects of the subgroup that comes next. */
async function nextIds(peer: Parameters<typeof SubgroupReader.next>[0], count: number) {
  const reader = await SubgroupReader.next(peer);
  for (let read = 0; read < count; read++) await reader.next();
}

Deno.test("one who joins within a group is sent the rest of it in its own draft", async () => {
  await using world = new SessionWorld();
  const { publisher } = await watch(world);
  const group = await openSubgroup(publisher, { group: 1n }, ...objects(3));
  await world.settle();
  const { subscriber } = await join(world, { filter: { type: "largest_object" } }, FOREIGN);
  await group.send(...objects(2, 3));
  await group.finish();
  assert.deepEqual((await nextSubgroup(subscriber)).ids, [3, 4]);
});

Deno.test("a subgroup that a publisher of another draft goes on with stays one stream", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world);
  const other = await world.connect(FOREIGN);
  const foreign = await join(world, {}, FOREIGN);
  await (await publish(other, { parameters: { forward: true } })).expect("requestOk");
  const header = { group: 1n, hasProperties: true };
  const one = await openSubgroup(publisher, header, ...withProperties(2));
  const two = await openSubgroup(other, header, ...withProperties(2));
  await world.settle();
  await two.send(...withProperties(2, 2));
  await two.finish();
  await one.finish().catch(() => {});
  await world.settle();
  for (const peer of [subscriber, foreign.subscriber]) {
    const reader = await SubgroupReader.next(peer);
    for (const wanted of withProperties(4)) assert.deepEqual(await reader.next(), wanted);
  }
});

function withProperties(count: number, from = 0) {
  return objects(count, from).map((one) => ({ ...one, properties: properties([0x80, 9_000]) }));
}

Deno.test("what a subscriber's draft cannot say is left out, told of and counted, and the rest comes", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world, { subscriber: FOREIGN });
  await sendSubgroup(publisher, { group: 1n }, ...objects(1));
  assert.deepEqual((await nextSubgroup(subscriber)).ids, [0]);
  const large = { id: 1, payload: "x", properties: properties([0x80, Number(LARGE)]) };
  const fine = { id: 0, payload: "y", properties: properties([0x80, 1]) };
  const group = await openSubgroup(publisher, { group: 2n, hasProperties: true }, fine);
  const reader = await SubgroupReader.next(subscriber);
  assert.deepEqual(await reader.next(), fine);
  await group.send(large);
  assert.equal(await reader.next(), "cancelled");
  assert.equal(world.metrics.skips.inexpressible, 1);
  await sendSubgroup(publisher, { group: 3n }, ...objects(2));
  assert.deepEqual((await nextSubgroup(subscriber)).ids, [0, 1]);
  publisher.sendDatagram(datagram(publisher, { group: 4n, properties: large.properties }));
  publisher.sendDatagram(datagram(publisher, { group: 5n }));
  assert.equal((await nextDatagram(subscriber)).group, 5n);
  assert.equal(world.metrics.datagramsDropped.inexpressible, 1);
  await sendSubgroup(publisher, { group: LARGE }, ...objects(1));
  await world.settle();
  assert.equal(world.metrics.skips.inexpressible, 2);
  assert.equal(world.metrics.inexpressible.object, 3);
  const told = world.lines.filter(({ text }) => /left out/.test(text));
  assert.ok(told.length > 0);
});

Deno.test("a track whose properties a subscriber's draft cannot say is refused with NOT_SUPPORTED", async () => {
  await using world = new SessionWorld();
  const list = properties([0x80, Number(LARGE)]);
  await watch(world, { answer: { properties: list } });
  const peer = await world.connect(FOREIGN);
  await refused(await subscribe(peer), "NOT_SUPPORTED");
});

// An object that is published with these cannot be said in integers of RFC 9000.
const UNSAYABLE = properties([0x80, Number(LARGE)]);

Deno.test("a fetch leaves out what its draft cannot say, from the cache, and goes on behind it", async () => {
  await using world = new SessionWorld();
  const { publisher } = await watch(world);
  const header = { group: 1n, hasProperties: true };
  const [first, second, third] = withProperties(3);
  await sendSubgroup(publisher, header, first!, { ...second!, properties: UNSAYABLE }, third!);
  publisher.sendDatagram(datagram(publisher, { group: 2n, properties: UNSAYABLE }));
  publisher.sendDatagram(datagram(publisher, { group: 3n, text: "last" }));
  await world.settle();
  const peer = await world.connect(FOREIGN);
  const request = await fetch(peer, [1, 0], [3, 0], { fillTimeout: 0n });
  await request.expect("fetchOk");
  const { items, end } = await readFetch(peer);
  assert.deepEqual(items, [
    "1/0 object 0",
    "unknown to 1/1",
    "1/2 object 2",
    `unknown to 1/${MAX_OBJECT_ID}`,
    `unknown to 2/${MAX_OBJECT_ID}`,
    "3/0 last",
  ]);
  assert.equal(end, "fin");
  assert.equal(world.metrics.skips.inexpressible, 2);
  const told = world.lines.filter(({ text }) => /objects of a fetch left out/.test(text));
  assert.equal(told.length, 1);
  await announce(peer, "still here");
});

Deno.test("a fetch leaves out what its draft cannot say, from a publisher, who is not harmed", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const peer = await world.connect(FOREIGN);
  await fetch(peer, [1, 0], [1, 2]);
  const { request, message } = await publisher.expectRequest("fetch");
  const answer = { endOfTrack: false, parameters: {}, properties: new Uint8Array(0) };
  await request.send({ kind: "fetchOk", end: at(1, 2), ...answer });
  const writer = publisher.draft.data.fetch.writer("ascending", publisher.draft.data);
  const stream = await publisher.openStream(
    encodeFetchHeader(message.requestId, publisher.draft.data),
  );
  for (const [object, list] of [[0, undefined], [1, UNSAYABLE], [2, undefined]] as const) {
    const item = { group: 1n, subgroup: 0n, object, priority: 1, properties: list };
    await stream.write(writer.object({ ...item, payloadLength: 1 }));
    await stream.write(Uint8Array.of(0x61));
  }
  await stream.finish();
  await request.finish();
  const { items, end } = await readFetch(peer);
  assert.deepEqual([items, end], [["1/0 a", "unknown to 1/1", "1/2 a"], "fin"]);
  assert.equal(world.metrics.skips.inexpressible, 1);
  await announce(publisher, "live too");
});

Deno.test("a fetch of a draft that cannot say that something is unknown ends without its end", async () => {
  await using world = new SessionWorld();
  const { publisher } = await watch(world);
  await sendSubgroup(publisher, { group: 1n }, ...objects(1));
  await sendSubgroup(publisher, { group: 3n }, ...objects(1));
  await world.settle();
  const data = { ...testDraft.data, fetchRanges: new Map() };
  const peer = await world.connect({ draft: { ...testDraft, data } });
  await fetch(peer, [1, 0], [3, 0], { fillTimeout: 0n });
  assert.equal((await readFetch(peer)).end, "unknown_object_status");
  await announce(peer, "still here");
});

Deno.test("a request whose answer its draft cannot say is refused with NOT_SUPPORTED, and no more", async () => {
  await using world = new SessionWorld();
  const { publisher, upstream } = await watch(world, {
    answer: { largest: { group: LARGE, object: 0n } },
  });
  await sendSubgroup(publisher, { group: LARGE }, ...objects(1));
  await world.settle();
  const peer = await world.connect(FOREIGN);
  await refused(await subscribe(peer), "NOT_SUPPORTED");
  const status = { kind: "trackStatus", track: VIDEO, parameters: {} } as const;
  await refused(await peer.request(status), "NOT_SUPPORTED");
  await announce(peer, "still here");
  await world.stillPending(upstream.incoming.ended().catch(() => {}), "The end of the track");
  assert.equal(world.metrics.inexpressible.message, 2);
});

Deno.test("what a publisher's draft cannot be asked is refused to who asks, and costs nobody else", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world, "live", FOREIGN);
  const peer = await world.connect();
  const range = { start: { group: LARGE, object: 0n }, end: { group: LARGE, object: 1n } };
  const request = await peer.request({
    kind: "fetch",
    range: { type: "standalone", track: VIDEO, ...range },
    parameters: {},
  });
  await refused(request, "NOT_SUPPORTED");
  await refused(await subscribe(peer, { newGroupRequest: LARGE }), "NOT_SUPPORTED");
  await announce(publisher, "live too");
  assert.equal(world.metrics.unhandledErrors, 0);
});

Deno.test("a wish that a publisher's draft cannot be told is left out, and the track goes on", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber, upstream } = await watch(world, {
    publisher: FOREIGN,
    answer: { properties: properties([0x30, 1]) },
  });
  await join(world, { newGroupRequest: LARGE });
  await world.settle();
  assert.equal(world.metrics.inexpressible.message, 1);
  await sendSubgroup(publisher, { group: 1n }, ...objects(1));
  assert.deepEqual((await nextSubgroup(subscriber)).ids, [0]);
  await world.stillPending(upstream.incoming.ended().catch(() => {}), "The end of the track");
});

import {
  encodeFetchHeader,
  type FetchObject,
  type GroupOrder,
  ObjectStatus,
  WHOLE_GROUP,
} from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { draft19Test, draftTest, modernTest } from "../support/draft_test_case.ts";
import { type ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import { bytesOf, type RequestStream } from "../support/peers/scripted_streams.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import {
  announce,
  announcing,
  at,
  closedWith,
  datagram,
  fetch,
  join,
  objects,
  openSubgroup,
  properties,
  publish,
  rangeOf,
  readFetch,
  refused,
  sendSubgroup,
  subscribe,
  VIDEO,
  watch,
  written,
} from "./script.ts";
import { referenceDraft } from "../support/reference_draft.ts";

/** A world whose cache has three objects in each of these groups. */
async function cached(world: SessionWorld, groups: readonly number[] = [1, 2, 3]) {
  const parts = await watch(world);
  for (const group of groups) {
    await sendSubgroup(
      parts.publisher,
      { group: BigInt(group), endOfGroup: true },
      ...objects(3),
    );
  }
  await world.settle();
  return parts;
}

/** The items that a fetch of three objects in each group brings. */
function items(...groups: readonly number[]): string[] {
  return groups.flatMap((group) => [0, 1, 2].map((id) => `${group}/${id} object ${id}`));
}

/** A fetch that a publisher answers: what of it is asked for, and what comes. */
async function answerFetch(
  publisher: ScriptedPeer,
  end: readonly [number, number],
  list: readonly (readonly [number, number, string])[],
  order: GroupOrder = "ascending",
) {
  const { request, message } = await publisher.expectRequest("fetch");
  await sendFetchOk(request, end);
  const stream = await publisher.openStream(
    encodeFetchHeader(message.requestId, publisher.draft.data),
  );
  const writer = publisher.draft.data.fetch.writer(order, publisher.draft.data);
  for (const [group, object, text] of list) {
    const payload = new TextEncoder().encode(text);
    const fields: FetchObject = {
      group: BigInt(group),
      object,
      subgroup: 0n,
      priority: 128,
      properties: undefined,
      payloadLength: payload.length,
    };
    await stream.write(bytesOf(publisher.draft, writer.object(fields), payload));
  }
  await stream.finish();
  return { request, message };
}

/** FETCH_OK up to this location, included. */
async function sendFetchOk(
  request: RequestStream,
  [group, object]: readonly [number, number],
  list: Uint8Array = new Uint8Array(0),
) {
  await request.send({
    kind: "fetchOk",
    endOfTrack: false,
    end: at(group, object),
    parameters: {},
    properties: list,
  });
}

draftTest(
  "R-117, R-118: a fetch of what is cached gets FETCH_OK and every object, in order",
  async () => {
    await using world = new SessionWorld();
    await cached(world);
    const peer = await world.connect();
    const request = await fetch(peer, [1, 1], [3, 1]);
    const ok = await request.expect("fetchOk");
    assert.deepEqual(ok.end, at(3, 1));
    const came = await readFetch(peer);
    assert.deepEqual(came, {
      requestId: 0n,
      items: items(1, 2, 3).slice(1, -1),
      end: "fin",
    });
    assert.equal(await request.ended(), "fin");
  },
);

draftTest("R-118: descending is the groups alone", async () => {
  await using world = new SessionWorld();
  await cached(world);
  const peer = await world.connect();
  await fetch(peer, [1, 1], [3, 1], { groupOrder: "descending" });
  const { items: came, end } = await readFetch(peer, "descending");
  assert.deepEqual(came, [...items(3).slice(0, 2), ...items(2), ...items(1).slice(1)]);
  assert.equal(end, "fin");
});

draftTest("R-118: an object that arrives while it is fetched is delivered whole", async () => {
  await using world = new SessionWorld();
  const { publisher } = await watch(world);
  const group = await openSubgroup(publisher, { group: 1n }, ...objects(1));
  const second = group.encode({ id: 1, payload: "in two pieces" });
  await group.write(second.subarray(0, 6));
  await world.settle();
  const peer = await world.connect();
  await fetch(peer, [1, 0], [1, 1]);
  const reading = readFetch(peer);
  await world.stillPending(reading, "The end of the fetch");
  await group.write(second.subarray(6));
  assert.deepEqual((await reading).items, ["1/0 object 0", "1/1 in two pieces"]);
});

draftTest(
  "R-117: the end is the largest object where the range goes beyond it, and a whole group else",
  async () => {
    await using world = new SessionWorld();
    await cached(world);
    const peer = await world.connect();
    assert.deepEqual((await (await fetch(peer, [1, 0], [9, 9])).expect("fetchOk")).end, at(3, 2));
    const whole = await fetch(peer, [1, 0], [2, "whole"]);
    assert.deepEqual((await whole.expect("fetchOk")).end, { group: 2n, object: WHOLE_GROUP });
    assert.deepEqual((await readFetch(peer)).items, items(1, 2, 3));
    assert.deepEqual((await readFetch(peer)).items, items(1, 2));
  },
);

draftTest("R-117: FETCH_OK says when its end is the end of the track", async () => {
  await using world = new SessionWorld();
  const { publisher } = await watch(world);
  const end = { id: 2, payload: "", status: ObjectStatus.END_OF_TRACK };
  await sendSubgroup(publisher, { group: 1n }, ...objects(2), end);
  await world.settle();
  const peer = await world.connect();
  const all = await (await fetch(peer, [1, 0], [1, 9])).expect("fetchOk");
  assert.equal(all.endOfTrack, true);
  const part = await (await fetch(peer, [1, 0], [1, 0])).expect("fetchOk");
  assert.equal(part.endOfTrack, false);
});

modernTest(
  "R-108: FETCH_OK and the answer to TRACK_STATUS carry the track's properties",
  async () => {
    await using world = new SessionWorld();
    const list = properties([0x0e, 3], [0x3801, new Uint8Array([7])]);
    const { publisher } = await watch(world, { answer: { properties: list } });
    await sendSubgroup(publisher, { group: 1n }, ...objects(1));
    await world.settle();
    const peer = await world.connect();
    const wanted = written(list, peer.draft.data);
    assert.deepEqual(
      (await (await fetch(peer, [1, 0], [1, 0])).expect("fetchOk")).properties,
      wanted,
    );
    const status = await peer.request({ kind: "trackStatus", track: VIDEO, parameters: {} });
    const ok = await status.expect("requestOk");
    assert.deepEqual([ok.properties, ok.parameters.largestObject], [wanted, at(1, 0)]);
    assert.equal(await status.ended(), "fin");
  },
);

draftTest("R-119, R-128: what is not cached is fetched from a publisher of the track", async () => {
  await using world = new SessionWorld();
  const { publisher } = await cached(world, [1, 3]);
  const peer = await world.connect();
  const request = await fetch(peer, [1, 0], [3, 2]);
  await request.expect("fetchOk");
  const { message } = await answerFetch(publisher, [3, 2], [
    [2, 5, "two"],
    [3, 0, "object 0"],
    [3, 1, "object 1"],
    [3, 2, "object 2"],
  ]);
  assert.deepEqual(rangeOf(message).start, at(2, 0));
  const { items: came, end } = await readFetch(peer);
  assert.deepEqual(came, [...items(1), "2/5 two", ...items(3)]);
  assert.equal(end, "fin");
});

draftTest("R-119: where the publisher fails, what is unknown is said to be", async () => {
  await using world = new SessionWorld();
  const { publisher } = await cached(world, [1, 3]);
  const peer = await world.connect();
  await fetch(peer, [1, 0], [3, 2]);
  const { request } = await publisher.expectRequest("fetch");
  await request.sendError("internal_error");
  const { items: came, end } = await readFetch(peer);
  assert.deepEqual(came.filter((item) => !item.startsWith("unknown")), items(1, 3));
  assert.match(came[3]!, /^unknown to [23]\//);
  assert.equal(end, "fin");
});

modernTest(
  "R-120, R-133: with FILL_TIMEOUT 0 nobody is asked, and what is missing is unknown",
  async () => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world);
    await sendSubgroup(publisher, { group: 1n }, ...objects(2), ...objects(1, 4));
    await sendSubgroup(publisher, { group: 3n }, ...objects(1));
    await world.settle();
    const peer = await world.connect();
    await fetch(peer, [1, 0], [3, 0], { fillTimeout: 0n });
    const { items: came, end } = await readFetch(peer);
    assert.deepEqual(came.map((item) => item.replace(/ object \d/, "")), [
      "1/0",
      "1/1",
      "unknown to 1/3",
      "1/4",
      `unknown to 2/${Number.MAX_SAFE_INTEGER}`,
      "3/0",
    ]);
    assert.equal(end, "fin");
    await world.stillPending(publisher.acceptRequest(), "A FETCH upstream");
  },
);

modernTest("R-120: FILL_TIMEOUT bounds the wait for the publisher", async () => {
  await using world = new SessionWorld();
  const { publisher } = await cached(world, [1, 3]);
  const peer = await world.connect();
  await fetch(peer, [1, 0], [3, 2], { fillTimeout: 300n });
  const { request } = await publisher.expectRequest("fetch");
  const reading = readFetch(peer);
  await world.advance(299);
  await world.stillPending(reading, "The end of the fetch");
  await world.advance(1);
  const { items: came, end } = await reading;
  assert.equal(end, "fin");
  assert.deepEqual(came.filter((item) => !item.startsWith("unknown")), items(1, 3));
  assert.equal(await request.ended(), "cancelled");
});

draftTest(
  "R-133, R-125: what a publisher said not to exist is left out, and is not unknown",
  async () => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world);
    const gap = { id: 5, payload: "five", properties: properties([0x3e, 3]) };
    await sendSubgroup(
      publisher,
      { group: 1n, hasProperties: true, endOfGroup: true },
      ...objects(2),
      gap,
    );
    const next = { id: 0, payload: "zero", properties: properties([0x3c, 2]) };
    await sendSubgroup(publisher, { group: 4n, hasProperties: true }, next);
    await world.settle();
    const peer = await world.connect();
    await fetch(peer, [1, 0], [4, 0], { fillTimeout: 0n });
    assert.deepEqual((await readFetch(peer)).items, [
      "1/0 object 0",
      "1/1 object 1",
      "1/5 five",
      "4/0 zero",
    ]);
  },
);

draftTest(
  "R-121: a fetch of nothing, or from beyond the largest object, gets INVALID_RANGE",
  async () => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world);
    const peer = await world.connect();
    await refused(await fetch(peer, [0, 0], [9, 9]), "INVALID_RANGE");
    await sendSubgroup(publisher, { group: 1n }, ...objects(2));
    await world.settle();
    await refused(await fetch(peer, [1, 2], [9, 9]), "INVALID_RANGE");
    await refused(await fetch(peer, [2, 0], [9, 9]), "INVALID_RANGE");
  },
);

draftTest("R-121: a fetch of a track that nobody publishes gets DOES_NOT_EXIST", async () => {
  await using world = new SessionWorld();
  await refused(await fetch(await world.connect(), [0, 0], [1, 0]), "DOES_NOT_EXIST");
});

draft19Test("R-122: an end before the start is refused", async () => {
  await using world = new SessionWorld();
  await cached(world);
  await refused(await fetch(await world.connect(), [3, 1], [3, 0]), "INVALID_RANGE");
  await refused(await fetch(await world.connect(), [3, 0], [2, 9]), "INVALID_RANGE");
});

Deno.test("R-122: an end before the start in FETCH_OK closes the publisher's session", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  await fetch(await world.connect(), [5, 0], [6, 0]);
  const { request } = await publisher.expectRequest("fetch");
  await sendFetchOk(request, [4, 9]);
  await closedWith(publisher, "protocol_violation");
});

const BAD_FETCHES: [string, Uint8Array][] = [
  [
    "R-123: a first object without a group",
    bytesOf(referenceDraft, 0x14n, 1n, new Uint8Array([9]), 0n),
  ],
  [
    "R-123: a first object without an id",
    bytesOf(referenceDraft, 0x18n, 1n, new Uint8Array([9]), 0n),
  ],
  [
    "R-123: a first object with the subgroup of the one before",
    bytesOf(referenceDraft, 0x1dn, 1n, 0n, new Uint8Array([9]), 0n),
  ],
  [
    "R-123: a first object with the priority of the one before",
    bytesOf(referenceDraft, 0x0cn, 1n, 0n, 0n),
  ],
  ["R-101: flags that do not exist", bytesOf(referenceDraft, 0x81n, 1n, 0n)],
  [
    "R-103: a group beyond 64 bits",
    bytesOf(referenceDraft, 0x1cn, 9n, 0n, new Uint8Array([9]), 0n, 0x0cn, 2n ** 64n - 1n, 0n, 0n),
  ],
  [
    "R-102: an object that is cut off",
    bytesOf(referenceDraft, 0x1cn, 9n, 0n, new Uint8Array([9]), 5n, "x"),
  ],
];
for (const [name, bytes] of BAD_FETCHES) {
  Deno.test(`${name} in a fetch closes the publisher's session with PROTOCOL_VIOLATION`, async () => {
    await using world = new SessionWorld();
    const publisher = await announcing(world);
    await fetch(await world.connect(), [1, 0], [20, 0]);
    const { request, message } = await publisher.expectRequest("fetch");
    await sendFetchOk(request, [20, 0]);
    const header = encodeFetchHeader(message.requestId, publisher.draft.data);
    await (await publisher.openStream(bytesOf(referenceDraft, header, bytes))).finish();
    await closedWith(publisher, "protocol_violation");
  });
}

Deno.test("R-124, R-165: an object that was a datagram is marked as one, with zeros beside", async () => {
  await using world = new SessionWorld();
  const { publisher } = await watch(world);
  const list = properties([0x7e, 5]);
  publisher.sendDatagram(
    datagram(publisher, { group: 1n, object: 0, priority: 7, properties: list, text: "d" }),
  );
  await world.settle();
  const peer = await world.connect();
  await fetch(peer, [1, 0], [1, 0]);
  const stream = await peer.nextStream();
  const { bytes } = await stream.whole();
  const flags = 0x40 | 0x20 | 0x10 | 0x08 | 0x04;
  assert.deepEqual(
    bytes,
    bytesOf(referenceDraft, 5n, 0n, BigInt(flags), 1n, 0n, new Uint8Array([7]), 2n, list, 1n, "d"),
  );
});

Deno.test("R-124: on receipt the bits beside the mark are ignored", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const peer = await world.connect();
  await fetch(peer, [1, 0], [1, 0]);
  const { request, message } = await publisher.expectRequest("fetch");
  await sendFetchOk(request, [1, 0]);
  const object = bytesOf(referenceDraft, 0x5fn, 1n, 0n, new Uint8Array([7]), 1n, "d");
  const stream = await publisher.openStream(
    bytesOf(referenceDraft, encodeFetchHeader(message.requestId, publisher.draft.data), object),
  );
  await stream.finish();
  const { bytes, end } = await (await peer.nextStream()).whole();
  assert.deepEqual(
    bytes.slice(2),
    bytesOf(referenceDraft, 0x5cn, 1n, 0n, new Uint8Array([7]), 1n, "d"),
  );
  assert.equal(end, "fin");
});

draft19Test("R-066, R-126: a joining fetch ends where its subscription begins", async () => {
  await using world = new SessionWorld();
  const { publisher } = await cached(world);
  const { subscriber } = await join(world, { filter: { type: "largest_object" } });
  await sendSubgroup(publisher, { group: 4n }, ...objects(2));
  await world.settle();
  const relative = { type: "relative_joining", requestId: 0n, start: 1n } as const;
  const first = await subscriber.request({ kind: "fetch", range: relative, parameters: {} });
  assert.deepEqual((await first.expect("fetchOk")).end, at(3, 2));
  const absolute = { type: "absolute_joining", requestId: 0n, start: 1n } as const;
  await subscriber.request({ kind: "fetch", range: absolute, parameters: {} });
  await subscriber.nextStream();
  assert.deepEqual((await readFetch(subscriber)).items, items(2, 3));
  assert.deepEqual((await readFetch(subscriber)).items, items(1, 2, 3));
});

draft19Test("R-126: a joining fetch waits for the subscription that it names", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const peer = await world.connect();
  const downstream = await subscribe(peer);
  const range = { type: "relative_joining", requestId: 0n, start: 0n } as const;
  const request = await peer.request({ kind: "fetch", range, parameters: {} });
  const { request: upstream } = await publisher.expectRequest("subscribe");
  await world.stillPending(request.next().catch(() => {}), "An answer");
  await upstream.send({
    kind: "subscribeOk",
    alias: 7n,
    parameters: { largestObject: at(5, 1) },
    properties: new Uint8Array(0),
  });
  await downstream.expect("subscribeOk");
  await answerFetch(publisher, [5, 1], [[5, 0, "a"], [5, 1, "b"]]);
  assert.deepEqual((await readFetch(peer)).items, ["5/0 a", "5/1 b"]);
});

draft19Test(
  "R-126: a joining fetch that overtakes the subscription that it names waits for it, not for ever",
  async () => {
    await using world = new SessionWorld();
    const publisher = await announcing(world);
    const peer = await world.connect();
    const range = { type: "relative_joining", requestId: 0n, start: 0n } as const;
    const request = await peer.request({ kind: "fetch", requestId: 2n, range, parameters: {} });
    await world.stillPending(request.next().catch(() => {}), "An answer");
    const track = trackOf("live", "track");
    await peer.request({ kind: "subscribe", requestId: 0n, track, parameters: {} });
    const { request: upstream } = await publisher.expectRequest("subscribe");
    await upstream.send({
      kind: "subscribeOk",
      alias: 7n,
      parameters: { largestObject: at(5, 1) },
      properties: new Uint8Array(0),
    });
    await answerFetch(publisher, [5, 1], [[5, 0, "a"], [5, 1, "b"]]);
    assert.deepEqual((await readFetch(peer)).items, ["5/0 a", "5/1 b"]);

    const lost = { type: "relative_joining", requestId: 4n, start: 0n } as const;
    const late = await peer.request({ kind: "fetch", requestId: 6n, range: lost, parameters: {} });
    await world.clock.advance(2_000);
    await refused(late, "INVALID_JOINING_REQUEST_ID");
  },
);

draft19Test(
  "R-126: one that names no subscription of the session gets INVALID_JOINING_REQUEST_ID",
  async () => {
    await using world = new SessionWorld();
    await cached(world);
    const peer = await world.connect();
    for (const requestId of [0n, 1n, 100n]) {
      const range = { type: "relative_joining", requestId, start: 0n } as const;
      const request = await peer.request({ kind: "fetch", range, parameters: {} });
      await refused(request, "INVALID_JOINING_REQUEST_ID");
    }
  },
);

draft19Test("R-126: with forwarding off, or nothing published, it gets INVALID_RANGE", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber, downstream } = await cached(world, []);
  const range = { type: "relative_joining", requestId: 0n, start: 0n } as const;
  const ask = () => subscriber.request({ kind: "fetch", range, parameters: {} });
  await refused(await ask(), "INVALID_RANGE");
  for (const forward of [true, false]) {
    const requestId = subscriber.takeRequestId();
    await downstream.send({ kind: "requestUpdate", requestId, parameters: { forward: !forward } });
    await downstream.expect("requestOk");
    await sendSubgroup(publisher, { group: forward ? 1n : 2n }, ...objects(1));
    await world.settle();
    if (forward) await refused(await ask(), "INVALID_RANGE");
    else await (await ask()).expect("fetchOk");
  }
});

draft19Test(
  "R-066, R-126: forwarding that is turned on anew moves the joining location, updates before count",
  async () => {
    await using world = new SessionWorld();
    const { publisher } = await cached(world, [1]);
    const { subscriber, downstream } = await join(world, { forward: false });
    await sendSubgroup(publisher, { group: 2n, endOfGroup: true }, ...objects(3));
    await world.settle();
    const requestId = subscriber.takeRequestId();
    await downstream.send({ kind: "requestUpdate", requestId, parameters: { forward: true } });
    const range = { type: "absolute_joining", requestId: 0n, start: 1n } as const;
    const request = await subscriber.request({ kind: "fetch", range, parameters: {} });
    assert.deepEqual((await request.expect("fetchOk")).end, at(2, 2));
  },
);

draftTest(
  "R-127: a fetch that is cancelled has its data stream reset, and its request too",
  async () => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world);
    await sendSubgroup(publisher, { group: 1n }, { id: 0, payload: "x".repeat(50_000) });
    await world.settle();
    const peer = await world.connect({ memory: { streamWindow: 1_000 } });
    const request = await fetch(peer, [1, 0], [1, 0]);
    await request.expect("fetchOk");
    const stream = await peer.nextStream();
    await stream.bytes(100);
    request.cancel("cancelled");
    await world.settle();
    assert.equal((await stream.whole()).end, "cancelled");
  },
);

draftTest("R-127: so has one that waits for a publisher, and that is left", async () => {
  await using world = new SessionWorld();
  const { publisher } = await cached(world, [1, 3]);
  const peer = await world.connect();
  const request = await fetch(peer, [1, 0], [3, 2]);
  const { request: upstream } = await publisher.expectRequest("fetch");
  const stream = await peer.nextStream();
  request.cancel("cancelled");
  assert.equal((await stream.whole()).end, "cancelled");
  assert.equal(await upstream.ended(), "cancelled");
});

Deno.test("R-129, R-131: the cache keeps every field of an object", async () => {
  await using world = new SessionWorld();
  const { publisher } = await watch(world);
  const list = properties([0x7e, 5]);
  await sendSubgroup(
    publisher,
    { group: 1n, subgroup: 4n, priority: 9, hasProperties: true },
    { id: 2, payload: "x", properties: list },
    { id: 3, payload: "", properties: properties(), status: ObjectStatus.END_OF_GROUP },
  );
  await world.settle();
  const peer = await world.connect();
  await fetch(peer, [1, 2], [1, 9], { fillTimeout: 0n });
  const { bytes } = await (await peer.nextStream()).whole();
  const flags = 0x20 | 0x10 | 0x08 | 0x04 | 0x03;
  const priority = new Uint8Array([9]);
  assert.deepEqual(
    bytes,
    bytesOf(referenceDraft, 5n, 0n, BigInt(flags), 1n, 4n, 2n, priority, 2n, list, 1n, "x"),
  );
});

modernTest("R-132: past MAX_CACHE_DURATION an object is unknown again", async () => {
  await using world = new SessionWorld();
  const answer = { properties: properties([0x04, 1_000]) };
  const { publisher } = await watch(world, { answer });
  await sendSubgroup(publisher, { group: 1n }, ...objects(1));
  await world.advance(600);
  await sendSubgroup(publisher, { group: 2n }, ...objects(1));
  await world.advance(600);
  const peer = await world.connect();
  await fetch(peer, [1, 0], [2, 0], { fillTimeout: 0n });
  const { items: came } = await readFetch(peer);
  assert.deepEqual(came.filter((item) => !item.startsWith("unknown")), ["2/0 object 0"]);
  assert.equal(came.length, 2);
});

draftTest("R-134: what comes later cannot replace what the cache serves", async () => {
  await using world = new SessionWorld({ policy: "oldest" });
  const { publisher } = await watch(world);
  const second = await world.connect();
  await (await publish(second, { alias: 30n })).expect("requestOk");
  await sendSubgroup(publisher, { group: 1n }, ...objects(1));
  await world.settle();
  const peer = await world.connect();
  await fetch(peer, [1, 0], [1, 0], { fillTimeout: 0n });
  assert.deepEqual((await readFetch(peer)).items, ["1/0 object 0"]);
  await sendSubgroup(second, { alias: 30n, group: 1n }, { id: 0, payload: "poisoned" });
  await world.settle();
  await fetch(peer, [1, 0], [1, 0]);
  assert.deepEqual((await readFetch(peer)).items, ["1/0 object 0"]);
});

draftTest(
  "R-128: a fetch of a track that is not subscribed goes to a publisher of its namespace",
  async () => {
    await using world = new SessionWorld();
    const publisher = await announcing(world);
    const peer = await world.connect();
    const request = await fetch(peer, [1, 0], [2, 0]);
    await answerFetch(publisher, [1, 1], [[1, 0, "a"], [1, 1, "b"]]);
    assert.deepEqual((await request.expect("fetchOk")).end, at(1, 1));
    assert.deepEqual((await readFetch(peer)).items, ["1/0 a", "1/1 b"]);
  },
);

draftTest(
  "R-117, R-119: an upstream fetch that breaks off is passed on as UNKNOWN_OBJECT_STATUS",
  async () => {
    await using world = new SessionWorld();
    const publisher = await announcing(world);
    const peer = await world.connect();
    const request = await fetch(peer, [1, 0], [2, 0]);
    const { request: upstream, message } = await publisher.expectRequest("fetch");
    await sendFetchOk(upstream, [1, 1]);
    await request.expect("fetchOk");
    const stream = await publisher.openStream(
      encodeFetchHeader(message.requestId, publisher.draft.data),
    );
    await world.settle();
    stream.reset("internal_error");
    assert.equal((await (await peer.nextStream()).whole()).end, "unknown_object_status");
  },
);

draftTest(
  "whoever waits for a fetch that its publisher answers with nonsense is refused at once",
  async () => {
    await using world = new SessionWorld();
    const publisher = await announcing(world);
    const peer = await world.connect();
    const request = await fetch(peer, [1, 0], [2, 0]);
    const { request: upstream } = await publisher.expectRequest("fetch");
    await sendFetchOk(upstream, [0, 1]);
    await closedWith(publisher, "protocol_violation");
    await refused(request, "INTERNAL_ERROR");
  },
);

Deno.test("an object larger than the relay takes ends the fetch that brings it, and no session", async () => {
  await using world = new SessionWorld({ limits: { maxObjectBytes: 100 } });
  const publisher = await announcing(world);
  const peer = await world.connect();
  const request = await fetch(peer, [1, 0], [2, 0]);
  const { request: upstream, message } = await publisher.expectRequest("fetch");
  await sendFetchOk(upstream, [1, 1]);
  await request.expect("fetchOk");
  const payload = new Uint8Array(101);
  const object = bytesOf(referenceDraft, 0x1cn, 1n, 0n, new Uint8Array([9]), 101n, payload);
  await publisher.openStream(
    bytesOf(referenceDraft, encodeFetchHeader(message.requestId, publisher.draft.data), object),
  );
  assert.equal((await (await peer.nextStream()).whole()).end, "unknown_object_status");
  assert.equal(world.metrics.droppedObjects.too_large, 1);
  await announce(publisher, "still here");
});

modernTest(
  "R-109: a FETCH_OK with a mandatory property that nobody here knows is refused downstream",
  async () => {
    await using world = new SessionWorld();
    const publisher = await announcing(world);
    const request = await fetch(await world.connect(), [1, 0], [2, 0]);
    const { request: upstream } = await publisher.expectRequest("fetch");
    await sendFetchOk(upstream, [1, 1], written(properties([0x4000, 1]), publisher.draft.data));
    await refused(request, "UNSUPPORTED_EXTENSION");
    assert.equal(await upstream.ended(), "cancelled");
  },
);

draftTest(
  "R-113: a track that turns out malformed ends, and its groups are not served any more",
  async () => {
    await using world = new SessionWorld();
    const { publisher, downstream } = await cached(world, [1]);
    await sendSubgroup(publisher, { group: 1n }, { id: 0, payload: "changed!" });
    await downstream.expect("publishDone");
    assert.equal(world.registry.cache.groups, 0);
  },
);

modernTest(
  "R-135: TRACK_STATUS of a track that nobody subscribes to is asked of its publisher",
  async () => {
    await using world = new SessionWorld();
    const publisher = await announcing(world);
    const peer = await world.connect();
    const status = await peer.request({ kind: "trackStatus", track: VIDEO, parameters: {} });
    const { request, message } = await publisher.expectRequest("trackStatus");
    assert.deepEqual(message.track, VIDEO);
    const list = properties([0x0e, 3]);
    await request.send({
      kind: "requestOk",
      parameters: { largestObject: at(6, 7) },
      properties: list,
    });
    await request.finish();
    const ok = await status.expect("requestOk");
    assert.deepEqual([ok.parameters, ok.properties], [{ largestObject: at(6, 7) }, list]);
    assert.equal(await status.ended(), "fin");
    await world.stillPending(publisher.acceptRequest(), "A SUBSCRIBE");
  },
);

draftTest("R-135: the refusal of TRACK_STATUS is passed on", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const peer = await world.connect();
  const status = await peer.request({ kind: "trackStatus", track: VIDEO, parameters: {} });
  const { request } = await publisher.expectRequest("trackStatus");
  await request.sendError("does_not_exist");
  await refused(status, "DOES_NOT_EXIST");
});

draftTest("R-200: more fetches at a time than a session may have are refused", async () => {
  await using world = new SessionWorld({ limits: { maxFetches: 1 } });
  const { publisher } = await cached(world, [1, 3]);
  const peer = await world.connect();
  const first = await fetch(peer, [1, 0], [3, 2]);
  const error = await refused(await fetch(peer, [1, 0], [1, 0]), "EXCESSIVE_LOAD");
  assert.ok(error.retryAfter > 0n);
  await answerFetch(publisher, [3, 2], [[3, 0, "object 0"]]);
  await first.expect("fetchOk");
  assert.equal(await first.ended(), "fin");
  await (await fetch(peer, [1, 0], [1, 0])).expect("fetchOk");
});

draftTest(
  "R-130: an object that is known not to exist ends the track, or is left out, but is not served",
  async () => {
    await using world = new SessionWorld();
    const { publisher, downstream } = await watch(world);
    const gap = { id: 5, payload: "five", properties: properties([0x3e, 3]) };
    await sendSubgroup(publisher, { group: 1n, hasProperties: true }, gap);
    await sendSubgroup(publisher, { group: 1n, subgroup: 1n }, ...objects(1, 3));
    await world.settle();
    assert.equal((await downstream.expect("publishDone")).code, "malformed_track");
  },
);

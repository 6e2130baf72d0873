import {
  ByteWriter,
  decodeDatagram,
  encodeSubgroupHeader,
  ObjectStatus,
  type SubgroupHeader,
  vi64,
} from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { draftTest, modernTest } from "../support/draft_test_case.ts";
import { bytesOf } from "../support/peers/scripted_streams.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import {
  accept,
  ALIAS,
  announce,
  announcing,
  closedWith,
  datagram,
  fetch,
  join,
  nextDatagram,
  nextSubgroup,
  objects,
  openSubgroup,
  properties,
  readFetch,
  type ScriptedObject,
  sendSubgroup,
  subgroupHeader,
  SubgroupReader,
  subscribe,
  watch,
} from "./script.ts";
import { referenceData, referenceDraft } from "../support/reference_draft.ts";

const FIELDS: [string, Partial<SubgroupHeader>, ScriptedObject[]][] = [
  ["R-090, R-092: a subgroup id, a priority and gaps", {
    group: 9n,
    subgroup: 5n,
    priority: 17,
  }, [{ id: 3, payload: "a" }, { id: 7, payload: "b" }, { id: 100, payload: "c" }]],
  ["R-090: ids that take 64 bits", { group: 2n ** 63n, subgroup: 2n ** 64n - 1n }, [
    { id: Number.MAX_SAFE_INTEGER, payload: "last" },
  ]],
  ["R-090: empty payloads", { group: 1n }, [
    { id: 0, payload: "" },
    { id: 1, payload: "x" },
    { id: 2, payload: "" },
  ]],
  ["R-105, R-107, R-111: properties, known to nobody, of applications and of gaps", {
    group: 1n,
    hasProperties: true,
  }, [
    { id: 0, payload: "a", properties: properties([0x7e, 5], [0x3801, new Uint8Array([9])]) },
    { id: 1, payload: "b", properties: properties([0x0b, properties([0x71, new Uint8Array(3)])]) },
    { id: 2, payload: "c", properties: properties() },
    { id: 9, payload: "d", properties: properties([0x3e, 6]) },
  ]],
  ["R-106: properties that matter to a relay, too", { group: 5n, hasProperties: true }, [
    { id: 0, payload: "a", properties: properties([0x3c, 2]) },
    { id: 4, payload: "b", properties: properties([0x0b, properties([0x3e, 3])], [0x3c, 2]) },
  ]],
  ["R-131: the end of the group, as a status", { group: 1n }, [
    { id: 0, payload: "a" },
    { id: 1, payload: "", status: ObjectStatus.END_OF_GROUP },
  ]],
  ["R-131: the end of the track, as a status", { group: 1n }, [
    { id: 0, payload: "a" },
    { id: 1, payload: "", status: ObjectStatus.END_OF_TRACK },
  ]],
  ["R-090: the end of the group, in the header", { group: 1n, endOfGroup: true }, objects(2)],
];
for (const [name, fields, list] of FIELDS) {
  // Not every draft has integers of 64 bits.
  const anyTest = name.includes("64 bits") ? Deno.test : draftTest;
  anyTest(`${name} leave as they came`, async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber, ok } = await watch(world);
    await sendSubgroup(publisher, fields, ...list);
    const reader = await SubgroupReader.next(subscriber);
    const sent = subgroupHeader(fields);
    assert.deepEqual({ ...reader.header, firstObject: false }, { ...sent, alias: ok.alias });
    const came = await reader.objects();
    assert.deepEqual(came.objects, list.map((object) => object));
    assert.equal(came.end, "fin");
  });
}

draftTest("R-092: a subgroup whose id is its first object's keeps that id", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world);
  await sendSubgroup(publisher, { group: 1n, subgroup: undefined }, ...objects(2, 6));
  const reader = await SubgroupReader.next(subscriber);
  assert.equal(reader.header.subgroup ?? 6n, 6n);
  assert.deepEqual((await reader.rest()).ids, [6, 7]);
});

draftTest(
  "R-091, R-092, R-093: subgroups that interleave stay apart, each in its order",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber } = await watch(world);
    const [even, odd] = [
      await openSubgroup(publisher, { group: 1n, subgroup: 0n }),
      await openSubgroup(publisher, { group: 1n, subgroup: 1n }),
    ];
    for (let id = 0; id < 6; id++) await (id % 2 === 0 ? even : odd).send(...objects(1, id));
    await even.finish();
    await odd.finish();
    const came = [await nextSubgroup(subscriber), await nextSubgroup(subscriber)];
    assert.deepEqual(came.map(({ subgroup, ids }) => [subgroup, ids]), [
      [0n, [0, 2, 4]],
      [1n, [1, 3, 5]],
    ]);
    await world.stillPending(subscriber.nextStream().catch(() => {}), "A third stream");
  },
);

draftTest("R-091: a write in pieces of one byte changes nothing", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world);
  const list = objects(3);
  const group = await openSubgroup(publisher, { group: 1n });
  for (const object of list) {
    for (const byte of group.encode(object)) await group.write(new Uint8Array([byte]));
  }
  await group.finish();
  const { objects: came, end } = await (await SubgroupReader.next(subscriber)).objects();
  assert.deepEqual(came, list);
  assert.equal(end, "fin");
});

draftTest("R-094, R-165: a datagram leaves as a datagram, with all its fields", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber, ok } = await watch(world);
  const fields = {
    group: 3n,
    object: 8,
    priority: 200,
    properties: properties([0x7e, 5]),
    text: "payload",
  };
  publisher.sendDatagram(datagram(publisher, fields));
  const came = await nextDatagram(subscriber);
  assert.deepEqual(came, {
    ...decodeDatagram(datagram(publisher, fields), publisher.draft.data),
    properties: fields.properties,
    alias: ok.alias,
  });
  await world.stillPending(subscriber.nextStream().catch(() => {}), "A stream");
});

draftTest("R-090: a datagram keeps its status, or that it ends its group", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world);
  publisher.sendDatagram(datagram(publisher, { group: 3n, object: 0, endOfGroup: true }));
  publisher.sendDatagram(datagram(publisher, { group: 4n, object: 1, status: 4, text: "" }));
  assert.equal((await nextDatagram(subscriber)).endOfGroup, true);
  assert.equal((await nextDatagram(subscriber)).status, 4);
});

draftTest(
  "R-088: datagrams that overtake the message that names their track are kept for a moment",
  async () => {
    await using world = new SessionWorld();
    const publisher = await announcing(world);
    const subscriber = await world.connect();
    const downstream = await subscribe(subscriber);
    publisher.sendDatagram(datagram(publisher, { group: 1n }));
    await world.settle();
    await accept(publisher);
    await downstream.expect("subscribeOk");
    await world.settle();
    assert.equal((await nextDatagram(subscriber)).group, 1n);
  },
);

draftTest("R-088, R-201: and of those too many, or for too long, none", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const subscriber = await world.connect();
  await subscribe(subscriber);
  for (let object = 0; object < 70; object++) {
    publisher.sendDatagram(datagram(publisher, { group: 1n, object }));
    await world.settle();
  }
  assert.equal(world.metrics.datagramsDropped.unknown_track, 6);
  await world.advance(2_001);
  await accept(publisher);
  await world.settle();
  assert.equal(world.metrics.datagramsDropped.unknown_track, 70);
});

Deno.test("R-161: a datagram too large for a subscriber is dropped, and becomes no stream", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world, {
    subscriber: { memory: { maxDatagramSize: 100 } },
  });
  publisher.sendDatagram(datagram(publisher, { group: 1n, text: "x".repeat(200) }));
  publisher.sendDatagram(datagram(publisher, { group: 2n, text: "fits" }));
  assert.equal((await nextDatagram(subscriber)).group, 2n);
  assert.equal(world.metrics.datagramsDropped.too_large, 1);
  await world.stillPending(subscriber.nextStream().catch(() => {}), "A stream");
});

const BAD_DATAGRAMS: [string, Uint8Array][] = [
  ["R-021, R-101: a datagram of unknown type", bytesOf(referenceDraft, 0x50n, ALIAS, 1n, 1n, "x")],
  ["R-162: properties of length 0", bytesOf(referenceDraft, 0x09n, ALIAS, 1n, 0n, 0n, "x")],
  [
    "R-162: a status beside the end of the group",
    bytesOf(referenceDraft, 0x2an, ALIAS, 1n, 0n, 3n),
  ],
  [
    "R-104, R-162: properties beside a status",
    bytesOf(referenceDraft, 0x29n, ALIAS, 1n, 0n, 2n, 0x7en, 1n, 3n),
  ],
  ["R-104: a status that does not exist", bytesOf(referenceDraft, 0x28n, ALIAS, 1n, 0n, 1n)],
];
for (const [name, bytes] of BAD_DATAGRAMS) {
  Deno.test(`${name} closes the session with PROTOCOL_VIOLATION`, async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber } = await watch(world);
    publisher.sendDatagram(bytes);
    await closedWith(publisher, "protocol_violation");
    await world.stillPending(subscriber.nextDatagram().catch(() => {}), "A datagram");
  });
}

const HEADER = encodeSubgroupHeader(subgroupHeader({ group: 1n }), referenceData);
const WITH_PROPERTIES = encodeSubgroupHeader(
  subgroupHeader({ group: 1n, hasProperties: true }),
  referenceData,
);
const BAD_SUBGROUPS: [string, Uint8Array, boolean?][] = [
  ["R-102: FIN within a subgroup's header", HEADER.subarray(0, 2), true],
  ["R-102: FIN within an object's header", bytesOf(referenceDraft, HEADER, 0n), true],
  ["R-102: FIN within a payload", bytesOf(referenceDraft, HEADER, 0n, 5n, "abc"), true],
  [
    "R-103: an object id beyond 64 bits",
    bytesOf(referenceDraft, HEADER, 5n, 1n, "x", 2n ** 64n - 1n, 0n),
  ],
  ["R-104: a status that does not exist", bytesOf(referenceDraft, HEADER, 0n, 0n, 1n)],
  [
    "R-104: properties beside a status",
    bytesOf(referenceDraft, WITH_PROPERTIES, 0n, 2n, 0x7en, 1n, 0n, 3n),
  ],
];
for (const [name, bytes, fin] of BAD_SUBGROUPS) {
  Deno.test(`${name} closes the session with PROTOCOL_VIOLATION`, async () => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world);
    const stream = await publisher.openStream(bytes);
    if (fin) await stream.finish();
    await closedWith(publisher, "protocol_violation");
  });
}

Deno.test("R-181: an object that closes its session reaches no subscriber", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world);
  await publisher.openStream(bytesOf(referenceDraft, HEADER, 0n, 0n, 1n));
  await closedWith(publisher, "protocol_violation");
  await world.stillPending(subscriber.nextStream().catch(() => {}), "A stream");
});

Deno.test("R-116: padding is read and thrown away, on streams and as datagrams", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world, {
    publisher: { memory: { streamWindow: 1_000 } },
  });
  const stream = await publisher.openStream(bytesOf(referenceDraft, 0x132b3e28n));
  for (let turn = 0; turn < 20; turn++) await stream.write(new Uint8Array(1_000));
  publisher.sendDatagram(bytesOf(referenceDraft, 0x132b3e29n, new Uint8Array(50)));
  await sendSubgroup(publisher, { group: 1n }, ...objects(1));
  assert.deepEqual((await nextSubgroup(subscriber)).ids, [0]);
  await world.stillPending(subscriber.nextDatagram(), "A datagram");
});

draftTest(
  "R-095: what surely comes next is appended, what may not opens a stream of its own",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber } = await watch(world);
    const first = await openSubgroup(publisher, { group: 1n }, ...objects(2));
    const reader = await SubgroupReader.next(subscriber);
    await reader.next();
    await reader.next();
    first.reset("internal_error");
    assert.notEqual(await reader.next(), "fin");
    await sendSubgroup(publisher, { group: 1n }, ...objects(2, 5));
    assert.deepEqual((await nextSubgroup(subscriber)).ids, [5, 6]);
  },
);

draftTest(
  "R-096, R-097: a reset from the publisher is passed on as a reset, behind what came",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber } = await watch(world);
    const group = await openSubgroup(publisher, { group: 1n }, ...objects(2));
    const reader = await SubgroupReader.next(subscriber);
    await reader.next();
    await reader.next();
    group.reset("delivery_timeout");
    assert.equal(await reader.next(), "cancelled");
  },
);

draftTest("R-096: so is the end of a publisher in the middle of a subgroup", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world);
  const group = await openSubgroup(publisher, { group: 1n }, ...objects(1));
  const whole = group.encode({ id: 1, payload: "half of it" });
  await group.write(whole.subarray(0, 5));
  const reader = await SubgroupReader.next(subscriber);
  await reader.next();
  publisher.close();
  assert.equal((await reader.stream.whole()).end, "cancelled");
});

draftTest(
  "R-099: a stream that the subscriber stops is reset, and its subgroup not opened again",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber } = await watch(world);
    const group = await openSubgroup(publisher, { group: 1n }, ...objects(1));
    const reader = await SubgroupReader.next(subscriber);
    await reader.next();
    reader.stream.stop("cancelled");
    await group.send(...objects(3, 1));
    await group.finish();
    await sendSubgroup(publisher, { group: 2n }, ...objects(1));
    assert.equal((await nextSubgroup(subscriber)).group, 2n);
    await world.stillPending(subscriber.nextStream().catch(() => {}), "The stopped subgroup");
  },
);

const MALFORMED: [string, Partial<SubgroupHeader>, ScriptedObject[]][] = [
  ["other bytes", {}, [{ id: 0, payload: "other!!!" }]],
  ["a payload of another length", {}, [{ id: 0, payload: "o" }]],
  ["another subgroup", { subgroup: 1n }, [{ id: 0, payload: "object 0" }]],
  ["another priority", { priority: 3 }, [{ id: 0, payload: "object 0" }]],
];
for (const [name, fields, list] of MALFORMED) {
  Deno.test(`R-113, R-114, R-115: an object that comes again with ${name} makes the track malformed`, async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber, downstream, upstream } = await watch(world);
    await openSubgroup(publisher, { group: 1n }, ...objects(2));
    const reader = await SubgroupReader.next(subscriber);
    await reader.next();
    await reader.next();
    await openSubgroup(publisher, { group: 1n, ...fields }, ...list);
    const done = await downstream.expect("publishDone");
    assert.equal(done.code, "malformed_track");
    assert.equal(await reader.next(), "malformed_track");
    assert.equal(await upstream.ended(), "cancelled");
  });
}

const CONTRADICTIONS: [string, (publisher: Parameters<typeof sendSubgroup>[0]) => Promise<void>][] =
  [
    ["an object behind the end of its group", async (publisher) => {
      const end = { id: 2, payload: "", status: ObjectStatus.END_OF_GROUP };
      await sendSubgroup(publisher, { group: 1n }, ...objects(2), end);
      await sendSubgroup(publisher, { group: 1n, subgroup: 1n }, ...objects(1, 3));
    }],
    ["an object behind the end of the track", async (publisher) => {
      const end = { id: 2, payload: "", status: ObjectStatus.END_OF_TRACK };
      await sendSubgroup(publisher, { group: 1n }, ...objects(2), end);
      await sendSubgroup(publisher, { group: 2n }, ...objects(1));
    }],
    ["an object behind the end of its subgroup", async (publisher) => {
      await sendSubgroup(publisher, { group: 1n }, ...objects(2));
      await sendSubgroup(publisher, { group: 1n }, ...objects(1, 3));
    }],
    ["two ends of one group", async (publisher) => {
      await sendSubgroup(publisher, { group: 1n, endOfGroup: true }, ...objects(2));
      const end = { id: 7, payload: "", status: ObjectStatus.END_OF_GROUP };
      await sendSubgroup(publisher, { group: 1n, subgroup: 1n }, end);
    }],
    ["a gap of objects that covers an object", async (publisher) => {
      await sendSubgroup(publisher, { group: 1n }, ...objects(2));
      const object = { id: 5, payload: "x", properties: properties([0x3e, 4]) };
      await sendSubgroup(publisher, { group: 1n, subgroup: 1n, hasProperties: true }, object);
    }],
    ["a gap of objects that is longer than its id", async (publisher) => {
      const object = { id: 2, payload: "x", properties: properties([0x3e, 3]) };
      await sendSubgroup(publisher, { group: 1n, hasProperties: true }, object);
    }],
    ["a gap of groups that covers a group", async (publisher) => {
      await sendSubgroup(publisher, { group: 3n }, ...objects(1));
      const object = { id: 0, payload: "x", properties: properties([0x3c, 3]) };
      await sendSubgroup(publisher, { group: 5n, hasProperties: true }, object);
    }],
    ["two gaps of groups before one group", async (publisher) => {
      const list = [1, 2].map((gap, id) => ({
        id,
        payload: "x",
        properties: properties([0x3c, gap]),
      }));
      await sendSubgroup(publisher, { group: 5n, hasProperties: true }, ...list);
    }],
    ["a stream for what was a datagram", async (publisher) => {
      publisher.sendDatagram(datagram(publisher, { group: 1n, object: 0, text: "object 0" }));
      await sendSubgroup(publisher, { group: 1n }, ...objects(1));
    }],
    ["a datagram for what was on a stream", async (publisher) => {
      await sendSubgroup(publisher, { group: 1n }, ...objects(1));
      publisher.sendDatagram(datagram(publisher, { group: 1n, object: 0, text: "object 0" }));
    }],
  ];
for (const [name, send] of CONTRADICTIONS) {
  draftTest(`R-114: ${name} makes the track malformed`, async () => {
    await using world = new SessionWorld();
    const { publisher, downstream } = await watch(world);
    await send(publisher);
    await world.settle();
    const done = await downstream.expect("publishDone");
    assert.equal(done.code, "malformed_track");
    await announce(publisher, "still/here");
  });
}

modernTest("R-110: a mandatory track property on an object makes the track malformed", async () => {
  await using world = new SessionWorld();
  const { publisher, downstream } = await watch(world);
  const object = { id: 0, payload: "x", properties: properties([0x4000, 1]) };
  await sendSubgroup(publisher, { group: 1n, hasProperties: true }, object);
  const done = await downstream.expect("publishDone");
  assert.equal(done.code, "malformed_track");
});

modernTest("R-110, R-112: inside the immutable properties too", async () => {
  await using world = new SessionWorld();
  const { publisher, downstream } = await watch(world);
  const hidden = properties([0x0b, properties([0x4001, new Uint8Array(1)])]);
  await sendSubgroup(publisher, { group: 1n, hasProperties: true }, {
    id: 0,
    payload: "x",
    properties: hidden,
  });
  assert.equal((await downstream.expect("publishDone")).code, "malformed_track");
});

draftTest("R-113: the other tracks of the publisher go on", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber, downstream } = await watch(world);
  await sendSubgroup(publisher, { group: 1n }, ...objects(1));
  await sendSubgroup(publisher, { group: 1n }, { id: 0, payload: "changed!" });
  await downstream.expect("publishDone");
  const again = await subscribe(subscriber);
  await accept(publisher, { alias: 99n });
  await again.expect("subscribeOk");
  await sendSubgroup(publisher, { alias: 99n, group: 2n }, ...objects(1));
});

draftTest(
  "R-062, R-115: an object that comes again as it was is no fault, and is not sent again",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber, downstream } = await watch(world);
    await sendSubgroup(publisher, { group: 1n }, ...objects(3));
    await nextSubgroup(subscriber);
    await sendSubgroup(publisher, { group: 1n }, ...objects(3));
    await world.stillPending(subscriber.nextStream().catch(() => {}), "A second copy");
    await world.stillPending(downstream.next(), "PUBLISH_DONE");
  },
);

draftTest("R-028: no wish of a subscriber changes a payload", async () => {
  await using world = new SessionWorld();
  const { publisher } = await watch(world);
  const { subscriber } = await join(world, {
    subscriberPriority: 0,
    groupOrder: "descending",
    objectDeliveryTimeout: 9_000n,
    subgroupDeliveryTimeout: 9_000n,
    newGroupRequest: 0n,
    filter: { type: "next_group" },
  });
  const list = objects(3);
  await sendSubgroup(publisher, { group: 1n }, ...list);
  const { objects: came } = await (await SubgroupReader.next(subscriber)).objects();
  assert.deepEqual(came, list);
  const other = await world.connect();
  await fetch(other, [1, 0], [1, 2], { subscriberPriority: 0, groupOrder: "descending" });
  const { items } = await readFetch(other, "descending");
  assert.deepEqual(items, list.map(({ id, payload }) => `1/${id} ${payload}`));
});

Deno.test("an object id beyond what we count costs its stream, not the session", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world);
  const writer = new ByteWriter(vi64);
  writer.bytes(HEADER);
  writer.varint(2n ** 60n);
  writer.varint(1n);
  await publisher.openStream(writer.finish());
  await sendSubgroup(publisher, { group: 2n }, ...objects(1));
  assert.equal((await nextSubgroup(subscriber)).group, 2n);
});

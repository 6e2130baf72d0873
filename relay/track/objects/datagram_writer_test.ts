import assert from "node:assert/strict";
import { decodeDatagram, MAX_OBJECT_ID, ObjectStatus } from "@qumo/shared/wire";
import { properties } from "../../../tests/support/peers/scripted_objects.ts";
import {
  blockOf,
  datagramOf,
  mark,
  NATIVE,
  put,
  Subscriber,
  World,
} from "../../../tests/support/worlds/track_model.ts";
import { writeDatagram } from "./datagram_writer.ts";
import { MalformedTrack } from "../errors.ts";
import { referenceData } from "../../../tests/support/reference_draft.ts";

const NONE = new Uint8Array(0);

function setUp() {
  const world = new World();
  const track = world.track();
  return { world, track, subscriber: new Subscriber(track) };
}

Deno.test("writeDatagram() passes an object on under the track's number, once for all publishers", () => {
  const { track, subscriber } = setUp();
  const datagram = datagramOf(3n, 7, {
    properties: blockOf(properties([0x40, 9])),
    priority: 5,
  });
  assert.equal(writeDatagram(track, datagram, { now: 11, renderer: NATIVE }), "new");
  assert.equal(
    writeDatagram(track, { ...datagram }, { now: 12, renderer: NATIVE }),
    "duplicate",
  );
  const [object] = subscriber.datagrams;
  assert.equal(subscriber.datagrams.length, 1);
  assert.deepEqual(decodeDatagram(track.renderings.ofDatagram(object!, NATIVE), referenceData), {
    ...datagram,
    properties: datagram.properties.bytes,
    alias: track.number,
  });
  assert.deepEqual([object!.time, track.largest], [11, { group: 3n, object: 7n }]);
  assert.equal(track.traffic.received, datagram.payload.length);
});

Deno.test("writeDatagram() keeps one copy of the bytes and none of what it was given", () => {
  const { track, subscriber } = setUp();
  const payload = Uint8Array.of(1, 2, 3);
  writeDatagram(track, datagramOf(0n, 0, { payload }), { now: 0, renderer: NATIVE });
  payload.fill(9);
  const [object] = subscriber.datagrams;
  assert.deepEqual([...object!.payload], [1, 2, 3]);
  assert.equal(object!.payload.buffer, track.renderings.ofDatagram(object!, NATIVE).buffer);
});

Deno.test("writeDatagram() counts what it keeps", () => {
  const { world, track } = setUp();
  writeDatagram(track, datagramOf(0n, 0), { now: 0, renderer: NATIVE });
  const one = world.cache.bytes;
  assert.ok(one > 20);
  writeDatagram(track, datagramOf(0n, 0), { now: 0, renderer: NATIVE });
  assert.equal(world.cache.bytes, one);
  track.evict(track.group(0n)!, "age");
  assert.equal(world.cache.bytes, 0);
});

Deno.test("R-114 writeDatagram() refuses an object that comes again otherwise", () => {
  const { world, track } = setUp();
  writeDatagram(track, datagramOf(0n, 0, { payload: NONE }), { now: 0, renderer: NATIVE });
  put(world.stream(track), 1);
  const again = [
    datagramOf(0n, 0),
    datagramOf(0n, 0, { payload: NONE, priority: 3 }),
    datagramOf(0n, 0, { payload: NONE, status: ObjectStatus.END_OF_GROUP }),
    datagramOf(0n, 1, { payload: NONE }),
  ];
  for (const datagram of again) {
    assert.throws(
      () => writeDatagram(track, datagram, { now: 0, renderer: NATIVE }),
      MalformedTrack,
    );
  }
  assert.throws(() => put(world.stream(track), 0, 0), MalformedTrack);
  assert.equal(
    writeDatagram(track, datagramOf(0n, 0, { payload: NONE, priority: 128 }), {
      now: 0,
      renderer: NATIVE,
    }),
    "duplicate",
  );
});

Deno.test("writeDatagram() ends groups and tracks, and refuses what lies behind", () => {
  const { world, track, subscriber } = setUp();
  writeDatagram(track, datagramOf(0n, 4, { endOfGroup: true }), { now: 0, renderer: NATIVE });
  assert.equal(track.group(0n)?.extent.end, 5);
  assert.throws(
    () => writeDatagram(track, datagramOf(0n, 5), { now: 0, renderer: NATIVE }),
    MalformedTrack,
  );
  assert.throws(
    () =>
      writeDatagram(track, datagramOf(0n, 2, { endOfGroup: true }), { now: 0, renderer: NATIVE }),
    MalformedTrack,
  );
  assert.deepEqual(track.group(0n)?.ids(), [4]);
  const end = { payload: NONE, status: ObjectStatus.END_OF_TRACK };
  writeDatagram(track, datagramOf(1n, 0, end), { now: 0, renderer: NATIVE });
  assert.deepEqual(track.extent.end, { group: 1n, object: 0n });
  assert.throws(
    () => writeDatagram(track, datagramOf(2n, 0), { now: 0, renderer: NATIVE }),
    MalformedTrack,
  );
  assert.throws(() => mark(world.stream(track, { group: 1n }), 0, end.status), MalformedTrack);
  assert.equal(subscriber.datagrams.length, 2);
});

Deno.test("writeDatagram() takes ids up to the limit", () => {
  const { track } = setUp();
  const datagram = datagramOf(2n ** 64n - 1n, MAX_OBJECT_ID, { endOfGroup: true });
  assert.equal(writeDatagram(track, datagram, { now: 0, renderer: NATIVE }), "new");
  assert.deepEqual(track.largest, { group: 2n ** 64n - 1n, object: BigInt(MAX_OBJECT_ID) });
});

Deno.test("writeDatagram() drops what comes too late for the cache or after the end", () => {
  const world = new World({ maxGroupsPerTrack: 1 });
  const track = world.track();
  const subscriber = new Subscriber(track);
  writeDatagram(track, datagramOf(5n, 0), { now: 0, renderer: NATIVE });
  assert.equal(writeDatagram(track, datagramOf(4n, 0), { now: 0, renderer: NATIVE }), "too_old");
  writeDatagram(track, datagramOf(6n, 0), { now: 0, renderer: NATIVE });
  assert.equal(writeDatagram(track, datagramOf(5n, 1), { now: 0, renderer: NATIVE }), "too_old");
  track.finish({ kind: "ended", reason: "" });
  assert.equal(writeDatagram(track, datagramOf(7n, 0), { now: 0, renderer: NATIVE }), "track_over");
  assert.equal(subscriber.datagrams.length, 2);
});

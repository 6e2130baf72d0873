import assert from "node:assert/strict";
import {
  Copy,
  datagramOf,
  NATIVE,
  payloadOf,
  put,
  Subscriber,
  World,
} from "../../../tests/support/worlds/track_model.ts";
import { writeDatagram } from "./datagram_writer.ts";
import { DatagramObject } from "./datagram_object.ts";
import type { Track } from "./track.ts";

const KIB = 1_024;

/** A group of one object, closed. */
function putGroup(world: World, track: Track, group: bigint, length = 100): void {
  const writer = world.stream(track, { group });
  put(writer, 0, length);
  writer.finish();
}

function groupsOf(track: Track): bigint[] {
  return track.groupsBetween(0n, 2n ** 64n).map(({ id }) => id);
}

/** What the groups of a track take, counted again from what is in them. */
function recount(track: Track): number {
  let bytes = 0;
  for (const group of track.groupsBetween(0n, 2n ** 64n)) {
    for (const log of group.logs) bytes += log.bytes;
    for (const id of group.ids()) {
      const home = group.homeOf(id)!;
      if (home instanceof DatagramObject) bytes += home.bytes;
    }
  }
  return bytes;
}

Deno.test("Cache keeps as many groups of a track as it may, the largest ids", () => {
  const world = new World({ maxGroupsPerTrack: 3 });
  const track = world.track();
  for (const group of [1n, 5n, 3n, 4n, 2n, 9n]) putGroup(world, track, group);
  assert.deepEqual(groupsOf(track), [4n, 5n, 9n]);
  assert.equal(world.evictions.groups, 3);
  assert.equal(world.cache.groups, 3);
});

Deno.test("Cache keeps a track within its bytes, the oldest groups going first", () => {
  const world = new World({ maxTrackBytes: 100 * KIB });
  const [track, other] = [world.track("a"), world.track("b")];
  putGroup(world, other, 0n, 60 * KIB);
  for (let group = 0n; group < 10n; group++) {
    putGroup(world, track, group, 30 * KIB);
    assert.ok(track.bytes <= 100 * KIB);
  }
  assert.deepEqual(groupsOf(track), [7n, 8n, 9n]);
  assert.deepEqual(groupsOf(other), [0n]);
  assert.equal(world.evictions.track_bytes, 7);
});

Deno.test("Cache keeps all tracks within its bytes, the oldest groups going first, the tips last", () => {
  const world = new World({ maxBytes: 200 * KIB });
  const [a, b] = [world.track("a"), world.track("b")];
  for (let group = 0n; group < 20n; group++) {
    putGroup(world, group % 2n === 0n ? a : b, group, 30 * KIB);
    assert.ok(world.cache.bytes <= 200 * KIB);
  }
  assert.deepEqual([groupsOf(a), groupsOf(b)], [[14n, 16n, 18n], [15n, 17n, 19n]]);
  assert.equal(world.evictions.bytes, 14);
});

Deno.test("Cache with only tips left takes the largest, and that track goes on", () => {
  const world = new World({ maxBytes: 300 * KIB });
  const quiet = Array.from({ length: 10 }, (_, index) => world.track(`catalog ${index}`));
  for (const track of quiet) put(world.stream(track), 0, 500);
  const greedy = world.track("greedy");
  const subscriber = new Subscriber(greedy);
  for (let id = 0; id < 400; id++) {
    put(world.stream(greedy, { subgroup: BigInt(id) }), id, 20 * KIB);
    assert.ok(world.cache.bytes <= 300 * KIB);
  }
  for (const track of quiet) assert.deepEqual(track.group(0n)?.ids(), [0]);
  // Of what is cut off, only the object that was one too many is lost.
  assert.ok(subscriber.streams.flat().length > 350);
});

Deno.test("Cache trims a group that never ends, on a stream, and never grows", () => {
  const world = new World({ maxTrackBytes: 256 * KIB });
  const track = world.track();
  const subscriber = new Subscriber(track);
  const writer = world.stream(track);
  for (let id = 0; id < 20_000; id++) {
    put(writer, id, 100);
    assert.ok(track.bytes <= 256 * KIB);
  }
  const group = track.group(0n)!;
  assert.equal(recount(track), world.cache.bytes);
  assert.equal(group.ids().at(-1), 19_999);
  assert.ok(group.count < 3_000);
  assert.deepEqual([subscriber.copies.length, subscriber.copies[0]!.isLagged], [1, false]);
  assert.equal(subscriber.streams[0]!.length, 20_000);
});

Deno.test("Cache trims a group of datagrams that never ends, and never grows", () => {
  const world = new World({ maxTrackBytes: 128 * KIB, maxBytes: 128 * KIB });
  const track = world.track();
  for (let id = 0; id < 10_000; id++) {
    assert.equal(writeDatagram(track, datagramOf(0n, id), { now: 0, renderer: NATIVE }), "new");
    assert.ok(track.bytes <= 128 * KIB);
  }
  assert.equal(recount(track), world.cache.bytes);
  assert.ok(track.group(0n)!.count > 100);
  assert.equal(writeDatagram(track, datagramOf(0n, 0), { now: 0, renderer: NATIVE }), "too_old");
  assert.equal(
    writeDatagram(track, datagramOf(0n, 9_999), { now: 0, renderer: NATIVE }),
    "duplicate",
  );
});

Deno.test("Cache gives up subgroups that are whole when a group has one for each object", () => {
  const world = new World({ maxTrackBytes: 64 * KIB });
  const track = world.track();
  for (let id = 0; id < 500; id++) {
    const writer = world.stream(track, { subgroup: BigInt(id) });
    put(writer, id, 900);
    writer.finish();
    assert.ok(track.bytes <= 64 * KIB);
  }
  assert.equal(recount(track), world.cache.bytes);
  assert.equal(track.group(0n)!.ids().at(-1), 499);
});

Deno.test("Cache does not take in again what it trimmed, from a publisher that is behind", () => {
  const world = new World({ maxTrackBytes: 128 * KIB });
  const track = world.track();
  const subscriber = new Subscriber(track);
  const [ahead, behind] = [world.stream(track), world.stream(track)];
  for (let id = 0; id < 2_000; id++) put(ahead, id, 200);
  for (let id = 0; id < 2_000; id++) put(behind, id, 200);
  assert.equal(behind.counts.objects, 0);
  assert.ok(behind.counts.dropped > 1_000 && behind.counts.duplicates > 50);
  behind.finish();
  assert.equal(subscriber.copies.length, 1);
});

Deno.test("Cache compares only what it still has of an object that comes twice", () => {
  const world = new World({ maxTrackBytes: 192 * KIB });
  const track = world.track();
  const [a, b] = [world.stream(track), world.stream(track)];
  const bytes = payloadOf(0, 512 * KIB);
  const none = new Uint8Array(0);
  a.object(0, none, bytes.length, 0);
  b.object(0, none, bytes.length, 0);
  a.payload(bytes.subarray(0, 500 * KIB));
  b.payload(bytes);
  assert.equal(b.counts.duplicates, 1);
  a.payload(bytes.subarray(500 * KIB));
});

Deno.test("Cache drops groups that are old, except what a track is at", async () => {
  const world = new World({ maxAgeMs: 5_000 });
  const track = world.track();
  putGroup(world, track, 0n);
  await world.clock.advance(3_000);
  putGroup(world, track, 1n);
  putGroup(world, track, 2n);
  await world.clock.advance(3_000);
  assert.deepEqual(groupsOf(track), [1n, 2n]);
  await world.clock.advance(100_000);
  assert.deepEqual(groupsOf(track), [2n]);
  assert.equal(world.evictions.age, 2);
});

Deno.test("Cache keeps a group that still gets objects, however old it is", async () => {
  const world = new World({ maxAgeMs: 5_000 });
  const track = world.track();
  const slow = world.stream(track, { group: 0n });
  put(slow, 0);
  putGroup(world, track, 1n);
  for (let id = 1; id < 10; id++) {
    await world.clock.advance(4_000);
    put(slow, id);
  }
  assert.deepEqual(groupsOf(track), [0n, 1n]);
});

Deno.test("Cache is at exactly 0 and keeps no timer when everything is gone", () => {
  const world = new World({ maxTrackBytes: 200 * KIB, maxGroupsPerTrack: 5 });
  const tracks = ["a", "b", "c"].map((name) => world.track(name));
  for (const [index, track] of tracks.entries()) {
    for (let group = 0n; group < 20n; group++) {
      const writers = [0n, 1n, 2n].map((subgroup) => world.stream(track, { group, subgroup }));
      for (let id = 0; id < 30; id++) put(writers[id % 3]!, id, (id * 997 * (index + 1)) % 9_000);
      writeDatagram(track, datagramOf(group, 1_000), { now: 0, renderer: NATIVE });
    }
    assert.equal(recount(track), track.bytes);
  }
  assert.equal(world.cache.bytes, tracks.reduce((sum, { bytes }) => sum + bytes, 0));
  for (const track of tracks) track.finish({ kind: "ended", reason: "" });
  assert.deepEqual([world.cache.bytes, world.cache.groups, world.clock.pending], [0, 0, 0]);
  assert.deepEqual(
    tracks.map(({ bytes, groupCount }) => [bytes, groupCount]),
    Array(3).fill([0, 0]),
  );
});

Deno.test("Cache tells a reader of a group that goes that it fell behind, unless it has all of it", () => {
  const world = new World({ maxGroupsPerTrack: 1 });
  const track = world.track();
  const writer = world.stream(track);
  put(writer, 0, 5_000);
  const [log] = track.group(0n)!.logs;
  const quick = new Copy(track, log!);
  const slow = { wake: () => {}, told: 0, evicted: () => void slow.told++ };
  log!.follow(slow);
  putGroup(world, track, 1n);
  assert.deepEqual([quick.isLagged, quick.ids, slow.told], [false, [0], 1]);
});

Deno.test("A publisher of groups without end costs no more than the groups that are kept", () => {
  const world = new World({ maxGroupsPerTrack: 10 });
  const track = world.track();
  for (let group = 0n; group < 5_000n; group++) {
    put(world.stream(track, { group: group * 2n ** 50n }), 0, 0);
    put(world.stream(track, { group: 2n ** 64n - 1n - group }), 0, 0);
  }
  assert.equal(track.groupCount, 10);
  assert.equal(recount(track), world.cache.bytes);
});

Deno.test("A tip that fills its track alone goes, and what follows is taken again", () => {
  const world = new World({ maxTrackBytes: 64 * KIB });
  const track = world.track();
  const writers = Array.from(
    { length: 100 },
    (_, at) => world.stream(track, { subgroup: BigInt(at) }),
  );
  for (const [id, writer] of writers.entries()) {
    put(writer, id, 900);
    assert.ok(track.bytes <= 64 * KIB);
  }
  const [first] = writers;
  put(first!, 1_000, 900);
  assert.deepEqual(first!.counts, { objects: 2, duplicates: 0, dropped: 0 });
  assert.equal(recount(track), track.bytes);
});

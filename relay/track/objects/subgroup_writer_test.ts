import assert from "node:assert/strict";
import { MAX_OBJECT_ID, ObjectStatus } from "@qumo/shared/wire";
import { properties } from "../../../tests/support/peers/scripted_objects.ts";
import {
  mark,
  payloadOf,
  put,
  Subscriber,
  World,
} from "../../../tests/support/worlds/track_model.ts";
import { MalformedTrack } from "../errors.ts";
import { ForgottenSubgroups } from "./forgotten_subgroups.ts";
import { MAX_FORGOTTEN_ROWS, MAX_SUBGROUPS_PER_GROUP } from "../limits.ts";
import { sourceOf } from "./source.ts";
import type { SubgroupLog } from "./subgroup_log.ts";
import type { SubgroupWriter } from "./subgroup_writer.ts";

const NONE = new Uint8Array(0);
const { END_OF_GROUP, END_OF_TRACK, NORMAL } = ObjectStatus;

function setUp() {
  const world = new World();
  const track = world.track();
  return { world, track, subscriber: new Subscriber(track) };
}

function malformed(work: () => void): void {
  assert.throws(work, MalformedTrack);
}

function begin(writer: SubgroupWriter, id: number, length: number): void {
  writer.object(id, NONE, length, NORMAL);
}

Deno.test("R-091 SubgroupWriter hands on the objects of a stream in order, with none left out", () => {
  const { world, track, subscriber } = setUp();
  const writer = world.stream(track);
  for (const id of [0, 1, 2, 7, 8, MAX_OBJECT_ID]) put(writer, id, id % 40);
  writer.finish();
  assert.deepEqual(subscriber.streams, [[0, 1, 2, 7, 8, MAX_OBJECT_ID]]);
  assert.deepEqual(subscriber.states, ["complete"]);
  assert.deepEqual(track.largest, { group: 0n, object: BigInt(MAX_OBJECT_ID) });
  assert.deepEqual(writer.counts, { objects: 6, duplicates: 0, dropped: 0 });
});

Deno.test("a track counts the payload that it was brought once, whoever brings it again", () => {
  const { world, track } = setUp();
  const one = world.stream(track);
  put(one, 0, 30);
  const two = world.stream(track);
  put(two, 0, 30);
  put(two, 1, 12);
  assert.equal(track.traffic.received, 42);
});

Deno.test("SubgroupWriter.abandon() leaves a log that is not whole", () => {
  const { world, track, subscriber } = setUp();
  const writer = world.stream(track);
  put(writer, 0);
  writer.abandon();
  writer.abandon();
  assert.deepEqual(subscriber.states, ["incomplete"]);
});

Deno.test("SubgroupWriter of a stream without objects leaves no trace", () => {
  const { world, track, subscriber } = setUp();
  world.stream(track, { endOfGroup: true }).finish();
  world.stream(track).abandon();
  assert.deepEqual([subscriber.streams.length, track.groupCount, world.cache.bytes], [0, 0, 0]);
});

Deno.test("SubgroupWriter takes the first object's id for the subgroup's where there is none", () => {
  const { world, track, subscriber } = setUp();
  const writer = world.stream(track, { subgroup: undefined });
  put(writer, 5);
  put(writer, 6);
  assert.deepEqual(subscriber.copies.map(({ log }) => log.subgroup), [5n]);
  put(world.stream(track, { subgroup: 5n }), 7);
  assert.deepEqual(track.group(0n)?.ids(), [5, 6, 7]);
});

Deno.test("R-100 SubgroupWriter promises the first object only on streams that begin with it", () => {
  const { world, track, subscriber } = setUp();
  const first = world.stream(track, { firstObject: true });
  put(first, 0);
  first.abandon();
  const resumed = world.stream(track, { firstObject: true });
  put(resumed, 0);
  put(resumed, 1);
  const late = world.stream(track, { subgroup: 1n });
  put(late, 11);
  const whole = world.stream(track, { subgroup: 1n, firstObject: true });
  put(whole, 10);
  assert.deepEqual(subscriber.streams, [[0], [1], [11], [10]]);
  assert.deepEqual(subscriber.copies.map(({ log }) => log.firstObject), [true, false, false, true]);
});

Deno.test("R-062 R-061 SubgroupWriter stores what two publishers bring once, from whoever is first", () => {
  const { world, track, subscriber } = setUp();
  const [a, b] = [world.stream(track), world.stream(track)];
  put(a, 0);
  put(b, 0);
  put(b, 1);
  put(b, 2);
  put(a, 1);
  put(a, 2);
  put(a, 3);
  assert.deepEqual(subscriber.streams, [[0, 1, 2, 3]]);
  assert.deepEqual([a.counts.duplicates, b.counts.duplicates], [2, 1]);
  a.finish();
  assert.deepEqual(subscriber.states, ["complete"]);
  put(b, 3);
  b.finish();
});

Deno.test("R-062 SubgroupWriter merges one object of two publishers at any boundary of bytes", () => {
  const length = 12;
  for (let ofA = 0; ofA <= length; ofA++) {
    for (let ofB = 0; ofB <= length; ofB++) {
      const { world, track, subscriber } = setUp();
      const [a, b] = [world.stream(track), world.stream(track)];
      const bytes = payloadOf(0, length);
      begin(a, 0, length);
      a.payload(bytes.subarray(0, ofA));
      begin(b, 0, length);
      b.payload(bytes.subarray(0, ofB));
      a.abandon();
      b.payload(bytes.subarray(ofB));
      put(b, 1);
      b.finish();
      assert.deepEqual(subscriber.streams, [[0, 1]], `${ofA} ${ofB}`);
      assert.deepEqual(subscriber.states, ["complete"]);
    }
  }
});

Deno.test("R-176 SubgroupWriter that breaks off does not end what another publisher goes on with", () => {
  const { world, track, subscriber } = setUp();
  const [a, b] = [world.stream(track), world.stream(track)];
  put(a, 0);
  put(b, 0);
  a.abandon();
  put(b, 1);
  const c = world.stream(track);
  put(c, 0);
  begin(b, 2, 10);
  b.payload(payloadOf(2, 4));
  c.abandon();
  b.payload(payloadOf(2, 10).subarray(4));
  b.finish();
  assert.deepEqual(subscriber.streams, [[0, 1, 2]]);
  assert.deepEqual(subscriber.states, ["complete"]);
});

Deno.test("R-061 SubgroupWriter brings an object again whose first publisher died within it", () => {
  const { world, track, subscriber } = setUp();
  const a = world.stream(track);
  put(a, 0);
  begin(a, 1, 10);
  a.payload(payloadOf(1, 4));
  a.abandon();
  const b = world.stream(track);
  put(b, 0);
  put(b, 1);
  put(b, 2);
  b.finish();
  assert.deepEqual(subscriber.streams, [[0], [1, 2]]);
  assert.deepEqual(subscriber.states, ["incomplete", "complete"]);
});

Deno.test("R-095 SubgroupWriter begins another log for an object that may not be the next", () => {
  const { world, track, subscriber } = setUp();
  const [a, late] = [world.stream(track), world.stream(track)];
  put(a, 0);
  put(a, 1);
  put(late, 4);
  put(a, 2);
  put(a, 3);
  put(late, 5);
  put(a, 4);
  put(a, 5);
  put(a, 6);
  a.finish();
  assert.deepEqual(subscriber.streams, [[0, 1, 2, 3], [4, 5, 6]]);
  assert.deepEqual(subscriber.states, ["incomplete", "complete"]);
});

Deno.test("R-095 SubgroupWriter appends behind a gap that a property declares", () => {
  const { world, track, subscriber } = setUp();
  const [a, late] = [
    world.stream(track, { hasProperties: true }),
    world.stream(track, { hasProperties: true }),
  ];
  put(a, 0);
  put(late, 4, 10, properties([0x3e, 3]));
  assert.deepEqual(subscriber.streams, [[0, 4]]);
  put(late, 8, 10, properties([0x3e, 2]));
  put(a, 4, 10, properties([0x3e, 3]));
  put(world.stream(track, { hasProperties: true }), 12, 10, properties([0x3e, 2]));
  assert.deepEqual(subscriber.streams, [[0, 4, 8], [12]]);
});

Deno.test("SubgroupWriter goes on by itself while another stands within an object that it leaves out", () => {
  const { world, track, subscriber } = setUp();
  const [a, b] = [world.stream(track), world.stream(track)];
  put(a, 0);
  put(b, 0);
  begin(a, 1, 10);
  a.payload(payloadOf(1, 3));
  put(b, 2);
  a.payload(payloadOf(1, 10).subarray(3));
  put(a, 2);
  put(a, 3);
  a.finish();
  assert.deepEqual(subscriber.streams, [[0, 1], [2, 3]]);
  assert.deepEqual(subscriber.states, ["incomplete", "complete"]);
});

Deno.test("R-114 SubgroupWriter refuses an object that comes again with other bytes, from the first byte on", () => {
  for (const at of [0, 5, 9]) {
    const { world, track } = setUp();
    put(world.stream(track), 0, 10);
    const other = payloadOf(0, 10);
    other[at]!++;
    const writer = world.stream(track);
    begin(writer, 0, 10);
    writer.payload(other.subarray(0, at));
    malformed(() => writer.payload(other.subarray(at)));
  }
});

Deno.test("R-114 SubgroupWriter refuses an object that comes again with other fields", () => {
  const { world, track } = setUp();
  put(world.stream(track), 0, 10);
  put(world.stream(track), 1, 0);
  malformed(() => put(world.stream(track), 0, 9));
  malformed(() => put(world.stream(track, { subgroup: 1n }), 0, 10));
  malformed(() => put(world.stream(track, { priority: 3 }), 0, 10));
  malformed(() => mark(world.stream(track), 1, END_OF_GROUP));
});

Deno.test("R-114 SubgroupWriter refuses a priority that changes within a subgroup", () => {
  const { world, track } = setUp();
  put(world.stream(track, { priority: 7 }), 0);
  malformed(() => put(world.stream(track, { priority: 8 }), 1));
  malformed(() => put(world.stream(track), 1));
  put(world.stream(track, { subgroup: 1n, priority: 8 }), 1);
});

Deno.test("SubgroupWriter goes on with what a FETCH brought, whatever priority that told of", () => {
  const { world, track } = setUp();
  const fetched = world.stream(track, { priority: 0, hasProperties: true }, { isFetched: true });
  put(fetched, 0);
  put(fetched, 1);
  fetched.release();
  const live = world.stream(track, { priority: 128 });
  put(live, 1);
  put(live, 2);
  live.finish();
  const [log, ...others] = track.group(0n)!.logs;
  assert.deepEqual([log!.count, log!.state, others.length], [3, "complete", 0]);
});

Deno.test("SubgroupWriter takes a priority that is spelled out and the track's default for the same", () => {
  const { world, track, subscriber } = setUp();
  put(world.stream(track), 0);
  const spelled = world.stream(track, { priority: 128 });
  put(spelled, 0);
  put(spelled, 1);
  assert.deepEqual(subscriber.streams, [[0, 1]]);
});

Deno.test("R-096 SubgroupWriter.finish() does not call a log whole that lacks what was dropped", () => {
  const { world, track, subscriber } = setUp();
  const [a, b] = [world.stream(track), world.stream(track)];
  put(a, 0);
  put(b, 0);
  for (let subgroup = 1; subgroup < MAX_SUBGROUPS_PER_GROUP; subgroup++) {
    put(world.stream(track, { subgroup: BigInt(subgroup) }), 10 + subgroup, 0);
  }
  begin(b, 1, 10);
  put(a, 2);
  assert.equal(a.counts.dropped, 1, "it may not be the next, and there is no room for a log");
  a.finish();
  b.payload(payloadOf(1, 10));
  b.abandon();
  assert.deepEqual([subscriber.states[0], subscriber.streams[0]], ["incomplete", [0, 1]]);
});

Deno.test("R-114 SubgroupWriter refuses two ends of one subgroup, and objects behind its end", () => {
  const { world, track } = setUp();
  const [a, b, c] = [world.stream(track), world.stream(track), world.stream(track)];
  for (const writer of [a, b]) for (const id of [0, 1]) put(writer, id);
  put(c, 0);
  a.finish();
  malformed(() => c.finish());
  malformed(() => put(b, 2));
  const ahead = world.stream(track, { subgroup: 1n });
  put(ahead, 10);
  const short = world.stream(track, { subgroup: 1n });
  put(short, 9);
  malformed(() => short.finish());
});

Deno.test("SubgroupWriter ends a group by an object, by a header's bit, or by both", () => {
  for (const [byBit, byMark] of [[true, false], [false, true], [true, true]]) {
    const { world, track, subscriber } = setUp();
    const writer = world.stream(track, { endOfGroup: byBit! });
    put(writer, 0);
    put(writer, 1);
    if (byMark) mark(writer, 2, END_OF_GROUP);
    writer.finish();
    assert.equal(track.group(0n)?.extent.end, 2);
    assert.deepEqual(subscriber.states, ["complete"]);
    malformed(() => put(world.stream(track, { subgroup: 1n }), 3));
    malformed(() => put(world.stream(track, { subgroup: 1n }), 2));
  }
});

Deno.test("SubgroupWriter takes one publisher's bit and another's object for the same end of a group", () => {
  for (const bitFirst of [true, false]) {
    const { world, track, subscriber } = setUp();
    const byBit = world.stream(track, { endOfGroup: true });
    const byMark = world.stream(track);
    for (const writer of [byBit, byMark]) put(writer, 0);
    if (bitFirst) byBit.finish();
    mark(byMark, 1, END_OF_GROUP);
    byMark.finish();
    if (!bitFirst) byBit.finish();
    assert.deepEqual(subscriber.states, ["complete"]);
    assert.deepEqual(subscriber.streams, [bitFirst ? [0] : [0, 1]]);
  }
});

Deno.test("A header's bit ends no group when its stream breaks off", () => {
  const { world, track } = setUp();
  const writer = world.stream(track, { endOfGroup: true });
  put(writer, 0);
  writer.abandon();
  assert.equal(track.group(0n)?.extent.end, undefined);
  put(world.stream(track, { subgroup: 1n }), 7);
});

Deno.test("R-114 SubgroupWriter refuses an end of a group that lies before an object, or elsewhere", () => {
  const { world, track } = setUp();
  put(world.stream(track), 5);
  malformed(() => mark(world.stream(track, { subgroup: 1n }), 5, END_OF_GROUP));
  malformed(() => mark(world.stream(track, { subgroup: 1n }), 3, END_OF_GROUP));
  mark(world.stream(track, { subgroup: 1n }), 9, END_OF_GROUP);
  malformed(() => mark(world.stream(track, { subgroup: 2n }), 10, END_OF_GROUP));
  const bit = world.stream(track, { subgroup: 3n, endOfGroup: true });
  put(bit, 6);
  malformed(() => bit.finish());
});

Deno.test("R-114 SubgroupWriter refuses what lies behind the end of the track", () => {
  const { world, track } = setUp();
  put(world.stream(track, { group: 3n }), 4);
  malformed(() => mark(world.stream(track, { group: 2n }), 0, END_OF_TRACK));
  const ending = world.stream(track, { group: 3n, subgroup: 1n });
  mark(ending, 5, END_OF_TRACK);
  assert.deepEqual(track.extent.end, { group: 3n, object: 5n });
  malformed(() => put(world.stream(track, { group: 3n }), 6));
  malformed(() => put(world.stream(track, { group: 4n }), 0));
  malformed(() => mark(world.stream(track, { group: 2n ** 64n - 1n }), 0, END_OF_TRACK));
  const other = world.stream(track, { group: 3n, subgroup: 1n });
  mark(other, 5, END_OF_TRACK);
  assert.equal(other.counts.duplicates, 1);
  put(world.stream(track, { group: 1n }), 0);
});

Deno.test("SubgroupWriter ends the track at a group of its own", () => {
  const { world, track } = setUp();
  put(world.stream(track), 0);
  mark(world.stream(track, { group: 1n }), 0, END_OF_TRACK);
  assert.deepEqual(track.extent.end, { group: 1n, object: 0n });
  malformed(() => put(world.stream(track, { group: 1n, subgroup: 9n }), 0));
});

Deno.test("R-131 SubgroupWriter keeps objects that mark an end like any other", () => {
  const { world, track, subscriber } = setUp();
  const writer = world.stream(track);
  put(writer, 0);
  mark(writer, 1, END_OF_GROUP);
  assert.deepEqual(track.group(0n)?.ids(), [0, 1]);
  assert.deepEqual(subscriber.streams, [[0, 1]]);
});

Deno.test("SubgroupWriter begins another log where properties come into a subgroup without any", () => {
  const { world, track, subscriber } = setUp();
  const plain = world.stream(track);
  const rich = world.stream(track, { hasProperties: true });
  put(plain, 0);
  put(rich, 0);
  put(rich, 1, 10, properties([0x40, 5]));
  put(plain, 1);
  put(plain, 2);
  plain.finish();
  assert.deepEqual(subscriber.streams, [[0], [1, 2]]);
  assert.deepEqual(subscriber.states, ["incomplete", "complete"]);
});

Deno.test("R-114 SubgroupWriter refuses gaps that contradict objects, ids or each other", () => {
  const rich = { hasProperties: true };
  const cases: [string, (world: World, track: ReturnType<World["track"]>) => void][] = [
    ["longer than the id", (world, track) => {
      put(world.stream(track, rich), 2, 1, properties([0x3e, 3]));
    }],
    ["over an object", (world, track) => {
      put(world.stream(track, rich), 3, 1);
      put(world.stream(track, { ...rich, subgroup: 1n }), 5, 1, properties([0x3e, 2]));
    }],
    ["an object within", (world, track) => {
      put(world.stream(track, rich), 5, 1, properties([0x3e, 2]));
      put(world.stream(track, { ...rich, subgroup: 1n }), 4, 1);
    }],
    ["longer than the group's id", (world, track) => {
      put(world.stream(track, { ...rich, group: 2n }), 0, 1, properties([0x3c, 3]));
    }],
    ["over a group", (world, track) => {
      put(world.stream(track, { ...rich, group: 3n }), 0, 1);
      put(world.stream(track, { ...rich, group: 5n }), 0, 1, properties([0x3c, 2]));
    }],
    ["a group within", (world, track) => {
      put(world.stream(track, { ...rich, group: 5n }), 0, 1, properties([0x3c, 2]));
      put(world.stream(track, { ...rich, group: 4n }), 0, 1);
    }],
    ["two before one group", (world, track) => {
      put(world.stream(track, { ...rich, group: 5n }), 0, 1, properties([0x3c, 2]));
      put(world.stream(track, { ...rich, group: 5n }), 1, 1, properties([0x3c, 1]));
    }],
    ["a mandatory property", (world, track) => {
      put(world.stream(track, rich), 0, 1, properties([0x4000, 1]));
    }],
  ];
  for (const [name, work] of cases) {
    const { world, track } = setUp();
    assert.throws(() => work(world, track), MalformedTrack, name);
  }
});

Deno.test("R-113 SubgroupWriter keeps nothing of the object that shows a track to be malformed", () => {
  const { world, track, subscriber } = setUp();
  const writer = world.stream(track, { hasProperties: true });
  malformed(() => put(writer, 2, 1, properties([0x3e, 3])));
  assert.deepEqual([track.group(0n), subscriber.copies.length, world.cache.bytes], [
    undefined,
    0,
    0,
  ]);
});

Deno.test("SubgroupWriter drops what comes after the track's end, and throws nothing", () => {
  const { world, track, subscriber } = setUp();
  const writer = world.stream(track, { endOfGroup: true });
  put(writer, 0);
  begin(writer, 1, 10);
  writer.payload(payloadOf(1, 5));
  track.finish({ kind: "lost", reason: "" });
  writer.payload(payloadOf(1, 10).subarray(5));
  put(writer, 2);
  writer.finish();
  assert.deepEqual(subscriber.streams, [[0]]);
  assert.deepEqual(subscriber.states, ["incomplete"]);
  assert.equal(world.cache.bytes, 0);
});

Deno.test("SubgroupWriter drops what comes too late for the cache", () => {
  const world = new World({ maxGroupsPerTrack: 2 });
  const track = world.track();
  for (const group of [5n, 6n, 7n]) put(world.stream(track, { group }), 0);
  for (const group of [5n, 4n, 0n]) {
    const late = world.stream(track, { group, endOfGroup: true });
    put(late, 0);
    late.finish();
    assert.equal(late.counts.dropped, 1);
  }
  assert.equal(track.groupCount, 2);
});

Deno.test("SubgroupWriter holds a group to its number of subgroups, whatever their ids", () => {
  const { world, track } = setUp();
  let dropped = 0;
  for (let count = 0; count < MAX_SUBGROUPS_PER_GROUP + 10; count++) {
    const writer = world.stream(track, { subgroup: 2n ** 64n - 1n - BigInt(count) });
    put(writer, count, 0);
    dropped += writer.counts.dropped;
  }
  assert.equal(dropped, 10);
  assert.equal(track.group(0n)?.logs.length, MAX_SUBGROUPS_PER_GROUP);
});

Deno.test("SubgroupWriter gives up the oldest subgroups of a group for the newest, and tells the truth of both", () => {
  const { world, track } = setUp();
  const COUNT = MAX_SUBGROUPS_PER_GROUP + 300;
  for (let id = 0; id < COUNT; id++) {
    const writer = world.stream(track, { subgroup: BigInt(id) });
    put(writer, id);
    writer.finish();
    assert.equal(writer.counts.dropped, 0);
  }
  const group = track.group(0n)!;
  assert.ok(group.logs.length <= MAX_SUBGROUPS_PER_GROUP);
  assert.deepEqual(track.largest, { group: 0n, object: BigInt(COUNT - 1) });
  assert.equal(group.ids().at(-1), COUNT - 1);
  assert.equal(group.bytes, group.logs.reduce((sum, { bytes }) => sum + bytes, 0));
  assert.equal(group.homeOf(0), undefined);
  // What was given up does not come back as new.
  const late = world.stream(track, { subgroup: 0n });
  put(late, 0);
  assert.equal(late.counts.dropped, 1);
});

Deno.test("SubgroupWriter counts an object among the largest that has no room beside those that go on", () => {
  const { world, track } = setUp();
  for (let id = 0; id < MAX_SUBGROUPS_PER_GROUP; id++) {
    put(world.stream(track, { subgroup: BigInt(id) }), id);
  }
  const last = world.stream(track, { subgroup: 9_999n });
  put(last, 9_999);
  assert.equal(last.counts.dropped, 1);
  assert.deepEqual(track.largest, { group: 0n, object: 9_999n });
});

Deno.test("SubgroupWriter.release() leaves the log open for the stream that goes on with it", () => {
  const { world, track, subscriber } = setUp();
  const fetched = world.stream(track, { hasProperties: true });
  put(fetched, 0);
  put(fetched, 1);
  fetched.release();
  assert.deepEqual(subscriber.states, ["open"]);
  const live = world.stream(track);
  put(live, 2);
  live.abandon();
  assert.deepEqual([subscriber.states, subscriber.streams], [["incomplete"], [[0, 1, 2]]]);
});

Deno.test("SubgroupWriter ends a log that nobody goes on with when it begins another", () => {
  const { world, track, subscriber } = setUp();
  const fetched = world.stream(track);
  put(fetched, 0);
  fetched.release();
  put(world.stream(track), 5);
  assert.deepEqual(subscriber.states, ["incomplete", "open"]);
});

Deno.test("SubgroupWriter does not take what a publisher sends for too old because of another's flood", () => {
  const { world, track } = setUp();
  const [one, other] = [sourceOf("1.1.1.here"), sourceOf("2.2.1.here")];
  for (let id = 0; id < MAX_SUBGROUPS_PER_GROUP + 300; id++) {
    const flood = world.stream(track, { subgroup: BigInt(1e9 + id * 2) }, { source: other });
    put(flood, 1e9 + id * 2);
    flood.finish();
  }
  const own = world.stream(track, { subgroup: 3n }, { source: one });
  put(own, 3);
  assert.equal(own.counts.dropped, 0);
});

Deno.test("ForgottenSubgroups remember a publisher's row whatever others scatter", () => {
  const forgotten = new ForgottenSubgroups();
  const add = (subgroup: bigint, source: string) =>
    forgotten.add({ subgroup, source, lastId: 7 } as SubgroupLog);
  for (const subgroup of [0n, 1n, 3n, 2n]) add(subgroup, "one");
  for (let count = 0; count < 3 * MAX_FORGOTTEN_ROWS; count++) add(BigInt(count * 5), "other");
  for (const subgroup of [0n, 1n, 2n, 3n]) assert.ok(forgotten.has(subgroup, 7, "one"));
  assert.equal(forgotten.has(3n, 8, "one"), false);
  assert.equal(forgotten.has(4n, 7, "one"), false);
  assert.equal(forgotten.has(0n, 7, "other"), false, "The oldest of the shortest");
  assert.ok(forgotten.has(3n, 7, undefined));
});

import assert from "node:assert/strict";
import { joinBytes } from "@qumo/shared/runtime";
import { encodeTimestamp, FrameDecoder, liteVersionOf, ObjectStatus } from "@qumo/shared/wire";
import { Random } from "../../../tests/support/random.ts";
import { seeds } from "../../../tests/support/properties.ts";
import { properties } from "../../../tests/support/peers/scripted_objects.ts";
import { Copy, mark, World } from "../../../tests/support/worlds/track_model.ts";
import { liteRenderer } from "../../session/lite/dialect/renderer.ts";
import { MAX_OBJECTS_HELD } from "../limits.ts";
import type { SubgroupLog } from "./subgroup_log.ts";
import type { SubgroupWriter } from "./subgroup_writer.ts";
import type { Track, TrackReader } from "./track.ts";

const plain = liteRenderer(liteVersionOf("moq-lite-04")!);
const timed = liteRenderer(liteVersionOf("moq-lite-06")!);

/** What a subscriber has of one group: its frames' payloads as text. */
class GroupCopy extends Copy {
  constructor(track: Track, log: SubgroupLog) {
    super(track, log, plain);
  }

  get frames(): string[] {
    const { bytes } = this;
    const decoder = new FrameDecoder(liteVersionOf("moq-lite-04")!.frames);
    const frames: string[] = [];
    for (let at = 0; at < bytes.length;) {
      const start = decoder.decode(bytes, at, bytes.length);
      at = start + decoder.payloadLength;
      frames.push(new TextDecoder().decode(bytes.subarray(start, at)));
    }
    return frames;
  }
}

/** A subscriber who takes each group as one stream. */
class Viewer implements TrackReader {
  readonly groups: GroupCopy[] = [];
  readonly #track: Track;

  constructor(track: Track) {
    this.#track = track;
    track.follow(this);
    for (const group of track.groupsBetween(0n, 100n)) {
      group.logs.forEach((log) => this.subgroup(log));
    }
  }

  subgroup(log: SubgroupLog): void {
    const whole = this.#track.renderings.wholeOf(log, plain);
    if (whole !== undefined) this.groups.push(new GroupCopy(this.#track, whole));
  }

  datagram(): void {}
  ended(): void {}

  get frames(): string {
    return this.groups.map(({ frames }) => frames.join(" ")).join(" | ");
  }

  get states(): string[] {
    return this.groups.map(({ log }) => log.state);
  }
}

function setUp() {
  const world = new World();
  const track = world.track();
  return { world, track, viewer: new Viewer(track) };
}

/** Writes objects whose payloads are their ids. */
function send(writer: SubgroupWriter, ...ids: number[]): void {
  for (const id of ids) {
    const payload = new TextEncoder().encode(String(id));
    writer.object(id, new Uint8Array(), payload.length, ObjectStatus.NORMAL);
    writer.payload(payload);
    writer.flush();
  }
}

Deno.test("a group of one subgroup is sent as it comes, and is over with it", () => {
  const { world, track, viewer } = setUp();
  const writer = world.stream(track, { endOfGroup: true });
  send(writer, 0, 1, 2);
  assert.equal(viewer.frames, "0 1 2");
  assert.deepEqual(viewer.states, ["open"]);
  writer.finish();
  assert.deepEqual(viewer.states, ["complete"]);
  assert.equal(track.renderings.openWholes, 0);
});

Deno.test("subgroups of one group are one stream in the order of their objects", () => {
  const { world, track, viewer } = setUp();
  const base = world.stream(track, { subgroup: 0n, endOfGroup: true });
  const layer = world.stream(track, { subgroup: 1n });
  send(base, 0);
  send(layer, 1);
  send(base, 2, 4);
  assert.equal(viewer.frames, "0 1 2");
  send(layer, 3, 5);
  send(base, 6);
  assert.equal(viewer.frames, "0 1 2 3 4 5 6");
  layer.finish();
  assert.deepEqual(viewer.states, ["open"]);
  base.finish();
  assert.deepEqual(viewer.states, ["complete"]);
  assert.equal(viewer.groups.length, 1);
});

Deno.test("subgroups one after the other are one stream, which the next group ends", () => {
  const { world, track, viewer } = setUp();
  const first = world.stream(track, { subgroup: 0n });
  send(first, 0, 1);
  first.finish();
  const second = world.stream(track, { subgroup: 2n });
  send(second, 2, 3);
  second.finish();
  assert.equal(viewer.frames, "0 1 2 3");
  assert.deepEqual(viewer.states, ["open"]);
  send(world.stream(track, { group: 1n }), 0);
  assert.deepEqual(viewer.states, ["complete", "open"]);
});

Deno.test("the end of the track ends what no next group did", () => {
  const { world, track, viewer } = setUp();
  const writer = world.stream(track);
  send(writer, 0);
  writer.finish();
  track.finish({ kind: "ended", reason: "" });
  assert.deepEqual(viewer.states, ["complete"]);
  assert.equal(track.renderings.openWholes, 0);
});

Deno.test("gaps are closed: frames have no ids", () => {
  const { world, track, viewer } = setUp();
  const writer = world.stream(track, { endOfGroup: true });
  send(writer, 0, 3, 9);
  assert.equal(viewer.frames, "0 3 9");
});

Deno.test("an object that a further subgroup has to bring is waited for, but not for ever", () => {
  const { world, track, viewer } = setUp();
  const base = world.stream(track, { subgroup: 0n });
  const layer = world.stream(track, { subgroup: 1n });
  send(base, 0);
  send(layer, 1);
  const others = Array.from({ length: MAX_OBJECTS_HELD }, (_, index) => 3 + index);
  send(base, ...others);
  assert.equal(viewer.frames, "0 1");
  send(base, 19, 21);
  assert.equal(viewer.frames, ["0 1", ...others, 19, 21].join(" "));
  send(layer, 2);
  assert.equal(viewer.groups[0]!.log.leftOut, 1);
  send(base, 23);
  assert.equal(viewer.frames, ["0 1", ...others, 19, 21].join(" "));
  send(layer, 22);
  assert.equal(viewer.frames, ["0 1", ...others, 19, 21, 22, 23].join(" "));
});

Deno.test("a subgroup that begins later than the next object is waited for in tracks that have several", () => {
  const { world, track, viewer } = setUp();
  send(world.stream(track, { subgroup: 0n }), 0);
  send(world.stream(track, { subgroup: 1n }), 1);
  const base = world.stream(track, { group: 1n });
  send(base, 0, 2);
  assert.equal(viewer.frames, "0 1 | 0");
  send(world.stream(track, { group: 1n, subgroup: 1n }), 1);
  assert.equal(viewer.frames, "0 1 | 0 1 2");
});

Deno.test("a group whose start is missing is not begun until it comes", () => {
  const { world, track, viewer } = setUp();
  const live = world.stream(track);
  send(live, 57, 58);
  assert.equal(viewer.frames, "");
  const past = world.stream(track, {}, { isFetched: true });
  send(past, ...Array.from({ length: 57 }, (_, id) => id));
  past.abandon();
  assert.equal(viewer.groups[0]!.frames.length, 59);
  assert.equal(viewer.groups[0]!.frames.at(-1), "58");
  send(live, 59);
  live.finish();
  send(world.stream(track, { group: 1n }), 0);
  assert.deepEqual(viewer.states, ["complete", "open"]);
});

Deno.test("a group whose start never comes is given up when it is over", () => {
  const { world, track, viewer } = setUp();
  const live = world.stream(track);
  send(live, 57, 58);
  live.finish();
  send(world.stream(track, { group: 1n }), 0);
  assert.equal(viewer.frames, " | 0");
  const [group] = viewer.groups;
  assert.equal(group!.log.state, "incomplete");
  assert.equal(group!.log.renderingOf(plain)!.isBroken, true);
});

Deno.test("a group that begins with a later object, as its publisher says, is begun with it", () => {
  const { world, track, viewer } = setUp();
  send(world.stream(track, { firstObject: true }), 5, 6);
  assert.equal(viewer.frames, "5 6");
});

Deno.test("an object that its publisher broke off is completed by another one's", () => {
  const { world, track, viewer } = setUp();
  const first = world.stream(track);
  send(first, 0);
  first.object(1, new Uint8Array(), 4, ObjectStatus.NORMAL);
  first.payload(new TextEncoder().encode("ab"));
  first.abandon();
  const second = world.stream(track);
  second.object(1, new Uint8Array(), 4, ObjectStatus.NORMAL);
  second.payload(new TextEncoder().encode("abcd"));
  second.flush();
  send(second, 2);
  assert.equal(viewer.frames, "0 abcd 2");
});

Deno.test("a group that breaks off is incomplete", () => {
  const { world, track, viewer } = setUp();
  const writer = world.stream(track);
  send(writer, 0);
  writer.abandon();
  send(world.stream(track, { group: 1n }), 0);
  assert.deepEqual(viewer.states, ["incomplete", "open"]);
});

Deno.test("an object that marks an end is no frame", () => {
  const { world, track, viewer } = setUp();
  const writer = world.stream(track);
  send(writer, 0);
  mark(writer, 1, ObjectStatus.END_OF_GROUP);
  assert.equal(viewer.frames, "0");
  assert.deepEqual(viewer.states, ["complete"]);
});

Deno.test("subscribers share the group, and one who joins later has it from its start", () => {
  const { world, track, viewer } = setUp();
  const base = world.stream(track);
  const layer = world.stream(track, { subgroup: 1n });
  send(base, 0);
  send(layer, 1);
  const before = world.cache.bytes;
  const late = new Viewer(track);
  assert.equal(world.cache.bytes, before);
  send(base, 2);
  assert.equal(late.frames, "0 1 2");
  assert.equal(late.groups[0]!.log, viewer.groups[0]!.log);
});

Deno.test("the memory of a group counts, and is freed with it", () => {
  const { world, track } = setUp();
  const writer = world.stream(track, { endOfGroup: true });
  send(writer, 0, 1);
  writer.finish();
  const group = track.group(0n)!;
  assert.ok(group.bytes > group.logs[0]!.bytes);
  track.evict(group, "bytes");
  assert.equal(world.cache.bytes, 0);
  assert.equal(track.bytes, 0);
});

Deno.test("frames that came as frames are sent as they are, without a copy", () => {
  const { world, track, viewer } = setUp();
  const writer = world.stream(track, { hasProperties: true, endOfGroup: true }, {
    renderer: plain,
  });
  send(writer, 0, 1);
  assert.equal(viewer.frames, "0 1");
  assert.equal(viewer.groups[0]!.log, track.group(0n)!.logs[0]);
  assert.equal(track.renderings.openWholes, 0);
});

Deno.test("timestamps come along, whichever dialect had them", () => {
  const { world, track } = setUp();
  const writer = world.stream(track, { hasProperties: true });
  writer.object(0, properties([0x10, 1_000]), 1, ObjectStatus.NORMAL);
  writer.payload(Uint8Array.of(0x61));
  writer.flush();
  const log = track.renderings.wholeOf(track.group(0n)!.logs[0]!, timed)!;
  const bytes = joinBytes([...track.renderings.of(log, timed).views(0, 100)]);
  assert.equal(bytes.toHex(), "47d00161");
  assert.equal(log.objectAt(0).properties.bytes.toHex(), encodeTimestamp(1_000n).toHex());
});

for (const seed of seeds(40)) {
  Deno.test(`a group in any order of its subgroups' objects is never out of order (seed ${seed})`, () => {
    const random = new Random(seed);
    const { world, track, viewer } = setUp();
    const writers = Array.from(
      { length: 1 + random.below(3) },
      (_, subgroup) => world.stream(track, { subgroup: BigInt(subgroup), firstObject: true }),
    );
    const queues = writers.map(() => [] as number[]);
    for (let id = 0; id < 60; id++) if (!random.percent(10)) random.pick(queues).push(id);
    let late: Viewer | undefined;
    while (queues.some((queue) => queue.length > 0)) {
      const at = random.below(queues.length);
      const id = queues[at]!.shift();
      if (id !== undefined) send(writers[at]!, id);
      if (random.percent(3)) late ??= new Viewer(track);
    }
    for (const writer of writers) writer.finish();
    send(world.stream(track, { group: 1n }), 0);
    const ids = viewer.groups[0]!.frames.map(Number);
    assert.deepEqual(ids, ids.toSorted((a, b) => a - b));
    assert.equal(ids.length + viewer.groups[0]!.log.leftOut, track.group(0n)!.count);
    assert.deepEqual(late === undefined ? ids : late.groups[0]!.frames.map(Number), ids);
    assert.equal(viewer.groups[0]!.log.state, "complete");
  });
}

import assert from "node:assert/strict";
import fc from "fast-check";
import { equalBytes, ObjectStatus } from "@qumo/shared/wire";
import { checkProperty } from "../support/properties.ts";
import type { CacheLimits, SubgroupWriter, Track } from "../../relay/track/mod.ts";
import { DatagramObject, MalformedTrack, writeDatagram } from "../../relay/track/mod.ts";
import { properties } from "../support/peers/scripted_objects.ts";
import {
  blockOf,
  Copy,
  datagramOf,
  NATIVE,
  payloadOf,
  put,
  Subscriber,
  World,
} from "../support/worlds/track_model.ts";

const NONE = new Uint8Array(0);
const holds = <T>(property: fc.IProperty<T>, numRuns = 200) => checkProperty(property, { numRuns });

/** A piece of work of one publisher's stream: an object's header, or some of its payload. */
type Step =
  | { readonly id: number; readonly length: number }
  | { readonly id: number; readonly from: number; readonly to: number };

/** The reads of one stream: its objects from one index on, cut at arbitrary places. */
function stepsOf(objects: readonly number[], from: number, cut: number): Step[] {
  return objects.flatMap((length, id): Step[] => {
    if (id < from) return [];
    const pieces: Step[] = [{ id, length }];
    for (let at = 0; at < length; at += cut) {
      pieces.push({ id, from: at, to: Math.min(length, at + cut) });
    }
    return pieces;
  });
}

function take(writer: SubgroupWriter, step: Step, length: number): void {
  if ("length" in step) writer.object(step.id, NONE, step.length, ObjectStatus.NORMAL);
  else writer.payload(payloadOf(step.id, length).subarray(step.from, step.to));
  writer.flush();
}

const lengths = fc.array(
  fc.oneof(fc.nat(40), fc.nat(3_000), fc.constantFrom(0, 16_384, 20_000, 70_000)),
  { minLength: 1, maxLength: 8 },
);
const publisher = fc.record({
  from: fc.nat(7),
  cut: fc.integer({ min: 1, max: 30_000 }),
  /** How much of its work it does before it dies; more than all of it: it finishes. */
  lives: fc.nat(60),
});
const turns = fc.array(fc.nat(2), { minLength: 10, maxLength: 200 });

Deno.test("R-061 R-062 Streams of several publishers, cut and mixed at will, give every object that one of them brought whole, once", () => {
  holds(
    fc.property(lengths, fc.array(publisher, { minLength: 1, maxLength: 3 }), turns, (
      objects,
      publishers,
      order,
    ) => {
      const world = new World();
      const track = world.track();
      const subscriber = new Subscriber(track);
      const streams = publishers.map(({ from, cut, lives }) => {
        const first = Math.min(from, objects.length - 1);
        const steps = stepsOf(objects, first, Math.max(cut, 1_000));
        return { first, steps, at: 0, lives, writer: world.stream(track) };
      });
      const brought = new Set<number>();
      const advance = (stream: (typeof streams)[number]): boolean => {
        const { steps, writer } = stream;
        if (stream.at > steps.length) return false;
        if (stream.at === steps.length) writer.finish();
        else if (stream.at === stream.lives) {
          writer.abandon();
          stream.at = steps.length;
        } else {
          const step = steps[stream.at]!;
          take(writer, step, objects[step.id]!);
          const isWhole = "length" in step ? step.length === 0 : step.to === objects[step.id];
          if (isWhole) brought.add(step.id);
        }
        stream.at++;
        return true;
      };
      for (const turn of order) advance(streams[turn % streams.length]!);
      for (const stream of streams) while (advance(stream));

      const ids = subscriber.streams.flat();
      assert.deepEqual([...ids].sort((a, b) => a - b), [...brought].sort((a, b) => a - b));
      for (const stream of subscriber.streams) {
        assert.deepEqual(stream, [...stream].sort((a, b) => a - b), "in order on each stream");
      }
      assert.ok(!subscriber.states.includes("open"), "nothing stays open when all are gone");
      const whole = subscriber.copies.filter(({ log }) => log.state === "complete");
      for (const { log } of whole) assert.equal(log.lastId, objects.length - 1);
    }),
  );
});

Deno.test("One publisher's stream gives the same bytes however it was cut", () => {
  holds(
    fc.property(lengths, fc.integer({ min: 1, max: 80_000 }), (objects, cut) => {
      const bytesOf = (cut: number) => {
        const world = new World();
        const track = world.track();
        const subscriber = new Subscriber(track);
        const writer = world.stream(track);
        for (const step of stepsOf(objects, 0, cut)) take(writer, step, objects[step.id]!);
        writer.finish();
        return subscriber.copies[0]!.bytes;
      };
      assert.ok(equalBytes(bytesOf(Math.max(cut, 500)), bytesOf(100_000)));
    }),
    60,
  );
});

Deno.test("A reader that comes at any moment sees all of the log, and only whole headers", () => {
  const moment = fc.nat(20);
  holds(
    fc.property(lengths, fc.array(moment, { maxLength: 5 }), (objects, moments) => {
      const world = new World();
      const track = world.track();
      const writer = world.stream(track);
      const steps = stepsOf(objects, 0, 7_000);
      const copies: Copy[] = [];
      for (const [at, step] of steps.entries()) {
        take(writer, step, objects[step.id]!);
        const [log] = track.group(0n)!.logs;
        for (const moment of moments) if (moment === at) copies.push(new Copy(track, log!));
        for (const { ids } of copies) assert.deepEqual(ids, ids.map((_, id) => id));
      }
      writer.finish();
      for (const { ids } of copies) assert.deepEqual(ids, objects.map((_, id) => id));
    }),
    40,
  );
});

/** What somebody may do to a cache. */
const action = fc.oneof(
  fc.record({
    kind: fc.constant("stream" as const),
    track: fc.nat(2),
    group: fc.nat(5),
    subgroup: fc.nat(3),
    length: fc.oneof(fc.nat(300), fc.nat(90_000)),
    ends: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("datagram" as const),
    track: fc.nat(2),
    group: fc.nat(5),
    length: fc.nat(1_200),
  }),
  fc.record({ kind: fc.constant("wait" as const), time: fc.nat(2_000) }),
  fc.record({ kind: fc.constant("finish" as const), track: fc.nat(2) }),
);
const limits: fc.Arbitrary<CacheLimits> = fc.record({
  maxBytes: fc.integer({ min: 1, max: 400_000 }),
  maxTrackBytes: fc.integer({ min: 1, max: 300_000 }),
  maxGroupsPerTrack: fc.integer({ min: 1, max: 4 }),
  maxAgeMs: fc.integer({ min: 100, max: 5_000 }),
});

/** The bytes of a track, counted from what is in it. */
function countBytes(track: Track): number {
  let bytes = 0;
  for (const group of track.groupsBetween(0n, 2n ** 64n)) {
    let inGroup = 0;
    for (const log of group.logs) inGroup += log.bytes;
    for (const id of group.ids()) {
      const home = group.homeOf(id)!;
      if (home instanceof DatagramObject) inGroup += home.bytes;
      else assert.equal(home.objectAt(home.indexOf(id)).id, id, "the object is where it should be");
    }
    assert.equal(group.bytes, inGroup);
    bytes += inGroup;
  }
  return bytes;
}

Deno.test("A cache counts exactly what it holds and is never above a limit, whatever is done to it", async () => {
  await checkProperty(
    fc.asyncProperty(limits, fc.array(action, { maxLength: 60 }), async (limits, actions) => {
      const world = new World(limits);
      const tracks = [world.track("a"), world.track("b"), world.track("c")];
      const subscribers = tracks.map((track) => new Subscriber(track));
      let id = 0;
      for (const action of actions) {
        if (action.kind === "wait") await world.clock.advance(action.time);
        else if (action.kind === "finish") {
          tracks[action.track]!.finish({ kind: "ended", reason: "" });
        } else {
          const track = tracks[action.track]!;
          const group = BigInt(action.group);
          if (action.kind === "datagram") {
            const payload = payloadOf(id, action.length);
            writeDatagram(track, datagramOf(group, id++, { payload }), {
              now: world.clock.now(),
              renderer: NATIVE,
            });
          } else {
            const writer = world.stream(track, {
              group,
              subgroup: BigInt(id * 4 + action.subgroup),
            });
            for (let count = 0; count < 3; count++) put(writer, id++, action.length);
            if (action.ends) writer.finish();
          }
        }
        assert.deepEqual(tracks.map(countBytes), tracks.map(({ bytes }) => bytes));
        const sum = tracks.reduce((sum, { bytes }) => sum + bytes, 0);
        assert.equal(world.cache.bytes, sum);
        assert.ok(sum <= limits.maxBytes);
        for (const { bytes, groupCount } of tracks) {
          assert.ok(bytes <= limits.maxTrackBytes && groupCount <= limits.maxGroupsPerTrack);
        }
      }
      for (const subscriber of subscribers) subscriber.streams.flat();
      for (const track of tracks) track.finish({ kind: "ended", reason: "" });
      assert.deepEqual([world.cache.bytes, world.cache.groups, world.clock.pending], [0, 0, 0]);
    }),
    { numRuns: 150 },
  );
});

const edges = fc.constantFrom(0, 1, 2, 3, 255, 2 ** 32, 2 ** 53 - 2, 2 ** 53 - 1);
const hostile = fc.record({
  stream: fc.nat(3),
  group: fc.oneof(fc.bigInt(0n, 3n), fc.constantFrom(2n ** 53n, 2n ** 64n - 2n, 2n ** 64n - 1n)),
  skip: edges,
  length: fc.oneof(fc.nat(20), fc.constant(2 ** 53 - 1)),
  status: fc.constantFrom(0, 0, 0, 3, 4),
  gap: fc.option(fc.tuple(fc.constantFrom(0x3c, 0x3e, 0x40), edges), { nil: undefined }),
  asDatagram: fc.boolean(),
  end: fc.constantFrom("no", "no", "finish", "abandon"),
});

Deno.test("Whatever a publisher sends is taken, dropped or malformed, and nothing else", () => {
  holds(
    fc.property(fc.array(hostile, { maxLength: 40 }), (events) => {
      const world = new World({ maxGroupsPerTrack: 3, maxTrackBytes: 200_000 });
      const track = world.track();
      const subscriber = new Subscriber(track);
      const writers = new Map<string, { writer: SubgroupWriter; last: number }>();
      for (const { stream, group, skip, length, status, gap, asDatagram, end } of events) {
        const key = `${stream} ${group}`;
        const init = { group, subgroup: stream === 3 ? undefined : BigInt(stream % 2) };
        const known = writers.get(key) ??
          {
            writer: world.stream(track, { ...init, hasProperties: true, endOfGroup: stream === 1 }),
            last: -1,
          };
        writers.set(key, known);
        const id = Math.min(known.last + 1 + skip, Number.MAX_SAFE_INTEGER);
        const said = gap === undefined || status !== 0 ? NONE : properties(gap);
        try {
          if (asDatagram) {
            const fields = { properties: blockOf(said), status, payload: NONE };
            writeDatagram(track, datagramOf(group, id, fields), { now: 0, renderer: NATIVE });
          } else if (id > known.last) {
            known.last = id;
            const payloadLength = status === 0 ? length : 0;
            known.writer.object(id, said, payloadLength, status);
            known.writer.payload(payloadOf(id, Math.min(payloadLength, 50)));
            known.writer.flush();
            // A stream that ends within an object, or is to go on, is broken off.
            if (end === "abandon" || payloadLength > 50) {
              known.writer.abandon();
              writers.delete(key);
            } else if (end === "finish") {
              known.writer.finish();
              writers.delete(key);
            }
          }
        } catch (error) {
          assert.ok(error instanceof MalformedTrack, `${error}`);
          known.writer.abandon();
          writers.delete(key);
        }
        assert.equal(countBytes(track), track.bytes);
        assert.ok(track.bytes <= 200_000 && track.groupCount <= 3);
      }
      for (const copy of subscriber.copies) assert.ok(copy.ids.length >= 0);
      track.finish({ kind: "malformed", reason: "" });
      assert.equal(world.cache.bytes, 0);
    }),
    500,
  );
});

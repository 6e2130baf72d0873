import assert from "node:assert/strict";
import { DecodeError } from "@qumo/shared/wire";
import { properties } from "../../../tests/support/peers/scripted_objects.ts";
import {
  datagramOf,
  NATIVE,
  put,
  sayProperties,
  Subscriber,
  World,
} from "../../../tests/support/worlds/track_model.ts";
import { writeDatagram } from "./datagram_writer.ts";
import { MalformedTrack, type TrackEnd } from "../errors.ts";
import type { Track } from "./track.ts";

const LAST = 2n ** 64n - 1n;
const PUBLISHER = {};
const LOST: TrackEnd = { kind: "lost", reason: "gone" };

Deno.test("R-065 TrackExtent.largest is the greatest of what was told and what arrived, exactly", () => {
  const world = new World();
  const track = world.track();
  assert.equal(track.largest, undefined);
  track.reports.learnLargest(PUBLISHER, { group: 3n, object: LAST });
  assert.deepEqual(track.largest, { group: 3n, object: LAST });
  put(world.stream(track, { group: 2n }), 5);
  put(world.stream(track, { group: 3n }), 5);
  track.reports.learnLargest(PUBLISHER, { group: 3n, object: 9n });
  assert.deepEqual(track.largest, { group: 3n, object: LAST });
  put(world.stream(track, { group: 4n }), 5);
  put(world.stream(track, { group: 4n }), 1);
  assert.deepEqual(track.largest, { group: 4n, object: 5n });
});

Deno.test("R-065 TrackExtent.largest grows with the first byte of an object", () => {
  const world = new World();
  const track = world.track();
  world.stream(track).object(6, new Uint8Array(0), 1_000, 0);
  assert.deepEqual(track.largest, { group: 0n, object: 6n });
});

Deno.test("TrackExtent.endAt() takes the mark for the largest object when that was told before it came", () => {
  const track = new World().track();
  track.reports.learnLargest(PUBLISHER, { group: 5n, object: 2n });
  assert.throws(() => track.extent.endAt({ group: 5n, object: 1n }), MalformedTrack);
  track.extent.endAt({ group: 5n, object: 2n });
  assert.deepEqual(track.extent.end, { group: 5n, object: 2n });
});

Deno.test("R-105 TrackReports.setProperties() replaces the set before, and keeps it when the new one is none", () => {
  const track = new World().track();
  const first = properties([0x30, 1]);
  sayProperties(track, PUBLISHER, first);
  assert.equal(track.properties.dynamicGroups, true);
  assert.throws(() => sayProperties(track, PUBLISHER, Uint8Array.of(0xff)), DecodeError);
  assert.equal(track.propertyBlock?.bytes, first);
  sayProperties(track, PUBLISHER, properties([0x0e, 9]));
  assert.equal(track.properties.dynamicGroups, false);
  assert.equal(track.priorityOf(undefined), 9);
});

Deno.test("Track gives groups by range, ascending, whatever the order in which they came", () => {
  const world = new World();
  const track = world.track();
  for (const group of [5n, 1n, LAST, 3n]) put(world.stream(track, { group }), 0);
  const between = (from: bigint, to: bigint) => track.groupsBetween(from, to).map(({ id }) => id);
  assert.deepEqual(between(0n, LAST), [1n, 3n, 5n, LAST]);
  assert.deepEqual(between(2n, 5n), [3n, 5n]);
  assert.deepEqual(between(6n, 5n), []);
  assert.equal(track.oldestGroup?.id, 1n);
  assert.equal(track.isLatest(track.group(LAST)!), true);
});

Deno.test("Track.finish() tells everybody once, ends what is open and lets readers read on", () => {
  const world = new World();
  const track = world.track();
  const [one, two] = [new Subscriber(track), new Subscriber(track)];
  put(world.stream(track), 0);
  track.finish(LOST);
  track.finish({ kind: "ended", reason: "again" });
  assert.deepEqual([one.end, two.end, track.endReason], [LOST, LOST, LOST]);
  assert.deepEqual([one.states, one.streams], [["incomplete"], [[0]]]);
  assert.equal(one.copies[0]!.isLagged, false);
  assert.deepEqual([track.readerCount, track.groupCount, world.cache.bytes], [0, 0, 0]);
});

Deno.test("Track lets readers leave and come while it tells them of something", () => {
  const world = new World();
  const track = world.track();
  const told: string[] = [];
  const reader = (name: string, act: () => void) => ({
    subgroup: () => (told.push(`${name} subgroup`), act()),
    datagram: () => (told.push(`${name} datagram`), act()),
    ended: () => (told.push(`${name} ended`), act()),
  });
  const leaving = reader("leaving", () => leave(track));
  const leave = (track: Track) => {
    track.unfollow(leaving);
    track.unfollow(other);
  };
  const other = reader("other", () => {});
  track.follow(leaving);
  track.follow(other);
  put(world.stream(track), 0);
  writeDatagram(track, datagramOf(1n, 0), { now: 0, renderer: NATIVE });
  track.follow(leaving);
  track.finish(LOST);
  assert.deepEqual(told, ["leaving subgroup", "leaving ended"]);
});

Deno.test("Track forgets no gap for being told again, and stops taking notes at a limit", () => {
  const world = new World({ maxGroupsPerTrack: 3_000 });
  const track = world.track();
  for (let group = 1n; group <= 2_000n; group++) {
    const stream = world.stream(track, { group: group * 10n, hasProperties: true });
    put(stream, 0, 10, properties([0x3c, 1]));
    put(stream, 1, 10, properties([0x3c, 1]));
  }
  assert.equal(track.extent.gaps.has(9n), true);
  assert.equal(track.extent.gaps.has(8n), false);
  assert.equal(track.extent.gaps.has(2_559n), true);
  assert.equal(track.extent.gaps.has(2_569n), false, "unknown, since nobody noted it");
});

import assert from "node:assert/strict";
import { properties } from "../../../tests/support/peers/scripted_objects.ts";
import {
  blockOf,
  datagramOf,
  mark,
  NATIVE,
  put,
  World,
} from "../../../tests/support/worlds/track_model.ts";
import { writeDatagram } from "./datagram_writer.ts";
import { MalformedTrack } from "../errors.ts";
import type { Track } from "./track.ts";

const GROUPS = 0x3c;
const OBJECTS = 0x3e;

/** Each is refused, beside groups 3 with objects 0 to 2 and 4 with object 0. */
const REFUSED: readonly (readonly [string, (world: World, track: Track) => void])[] = [
  ["a gap over groups that are here", (world, track) => {
    put(world.stream(track, { group: 7n, hasProperties: true }), 0, 10, properties([GROUPS, 6]));
  }],
  ["a gap over objects that are here", (world, track) => {
    const stream = world.stream(track, { group: 3n, subgroup: 9n, hasProperties: true });
    put(stream, 9, 10, properties([OBJECTS, 9]));
  }],
  ["a gap of objects, and one over groups that are here", (world, track) => {
    const stream = world.stream(track, { group: 4n, subgroup: 9n, hasProperties: true });
    // The second type is told as the difference to the first.
    const both = properties([GROUPS, 2], [OBJECTS, 4]);
    put(stream, 5, 10, both);
  }],
  ["a gap of a subgroup whose priority changes", (world, track) => {
    const stream = world.stream(track, { group: 3n, priority: 9, hasProperties: true });
    put(stream, 9, 10, properties([OBJECTS, 5]));
  }],
  ["an end of the group and of the track before what is here", (world, track) => {
    mark(world.stream(track, { group: 3n, subgroup: 9n }), 5, 4);
  }],
  ["a datagram with a gap over groups that are here", (_, track) => {
    const datagram = datagramOf(7n, 0, { properties: blockOf(properties([GROUPS, 6])) });
    writeDatagram(track, datagram, { now: 0, renderer: NATIVE });
  }],
  [
    "a datagram with a gap of groups that ends a group before an object that is here",
    (_, track) => {
      const gap = blockOf(properties([OBJECTS, 1]));
      const datagram = datagramOf(3n, 1, { properties: gap, endOfGroup: true });
      writeDatagram(track, datagram, { now: 0, renderer: NATIVE });
    },
  ],
  ["a stream that ends the group before an object that is here", (world, track) => {
    const stream = world.stream(track, { group: 4n, subgroup: 9n, endOfGroup: true });
    put(world.stream(track, { group: 4n, subgroup: 8n }), 6);
    put(stream, 5);
    stream.finish();
  }],
];

for (const [what, write] of REFUSED) {
  Deno.test(`nothing remains of what an object says that is refused: ${what}`, () => {
    const world = new World();
    const track = world.track();
    const others = world.stream(track, { group: 3n });
    for (const id of [0, 1, 2]) put(others, id);
    put(world.stream(track, { group: 4n }), 0);
    assert.throws(() => write(world, track), MalformedTrack);
    for (const id of [3, 4, 5, 9]) put(others, id);
    for (const group of [1n, 2n, 5n, 6n]) put(world.stream(track, { group }), 0);
    put(world.stream(track, { group: 4n, subgroup: 9n }), 9);
    assert.equal(track.extent.end, undefined);
    assert.equal(track.group(7n), undefined);
  });
}

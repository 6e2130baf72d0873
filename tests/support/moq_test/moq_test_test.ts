import assert from "node:assert/strict";
import { objectsOf } from "./objects.ts";
import { Forwarding, testTrack } from "./track.ts";

Deno.test("objectsOf() lists the objects of a track and what is special about them", () => {
  const track = testTrack({
    forwarding: Forwarding.TWO_SUBGROUPS_PER_GROUP,
    startGroup: 4,
    lastGroup: 7,
    groupIncrement: 3,
    startObject: 1,
    objectsPerGroup: 2,
    firstSize: 3,
    size: 1,
    endOfGroupMarkers: true,
    integerProperty: 64,
  });
  const objects = objectsOf(track).map((object) => [
    `${object.group}/${object.subgroup}/${object.object}`,
    object.status,
    object.payload,
    object.priority,
    object.properties.toHex(),
    object.endOfGroup,
  ]);
  assert.deepEqual(objects, [
    ["4/1/1", 0, "ttt", undefined, "8080c61a8d", true],
    ["4/0/2", 0, "t", undefined, "8080c61a8e", false],
    ["4/1/3", 3, "", undefined, "", true],
    ["7/1/1", 0, "ttt", 200, "8080caae76", true],
    ["7/0/2", 0, "t", 200, "8080caae77", false],
    ["7/1/3", 3, "", 200, "", true],
  ]);
});

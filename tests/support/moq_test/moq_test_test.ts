import assert from "node:assert/strict";
import { checkFetch, checkSubscription } from "./check.ts";
import { objectsOf, type TestObject } from "./objects.ts";
import { scenarios } from "./scenarios.ts";
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
    object.payload.length,
    object.priority,
    object.properties.toHex(),
  ]);
  assert.deepEqual(objects, [
    ["4/1/1", 0, 3, undefined, "8080c61a8d"],
    ["4/0/2", 0, 1, undefined, "8080c61a8e"],
    ["4/1/3", 3, 0, undefined, ""],
    ["7/1/1", 0, 3, 200, "8080caae76"],
    ["7/0/2", 0, 1, 200, "8080caae77"],
    ["7/1/3", 3, 0, 200, ""],
  ]);
});

Deno.test("checkSubscription() accepts what was published, subgroups in any order", () => {
  const expected = objectsOf(scenarios[4]!.track);
  assert.deepEqual(checkSubscription(expected, expected), []);
  const regrouped = expected.toSorted((a, b) => Number((b.subgroup ?? 0n) - (a.subgroup ?? 0n)));
  assert.deepEqual(checkSubscription(expected, regrouped), []);
});

Deno.test("checkSubscription() tells what is missing, double, foreign, changed and out of order", () => {
  const expected = objectsOf(testTrack({ lastGroup: 0, objectsPerGroup: 2, firstSize: 2 }));
  const [first, second, third] = expected as [TestObject, TestObject, TestObject];
  const problems = (...arrived: TestObject[]) =>
    checkSubscription(expected, arrived).map((text) => text.replace(/ of subgroup.*/, ""));
  assert.deepEqual(problems(first, third), ["missing: 0/1"]);
  assert.deepEqual(problems(first, first, second, third), ["twice: 0/0"]);
  assert.deepEqual(problems(first, second, third, { ...first, group: 9n }), [
    "not on the track: 9/0",
  ]);
  assert.deepEqual(problems(first, third, second), ["0/1 arrived after 2"]);
  const changes: Partial<TestObject>[] = [
    { subgroup: 1n },
    { priority: 7 },
    { payload: first.payload.with(1, 0) },
    { properties: Uint8Array.of(1) },
    { status: 3 },
  ];
  for (const change of changes) {
    const found = problems({ ...first, ...change }, second, third);
    assert.deepEqual(found, ["not on the track: 0/0", "missing: 0/0"]);
  }
});

Deno.test("checkFetch() wants one order, spelled-out priorities and no marks", () => {
  const track = testTrack({ lastGroup: 0, objectsPerGroup: 2, endOfGroupMarkers: true });
  const expected = objectsOf(track);
  const arrived = expected.slice(0, -1).map((object) => ({ ...object, priority: 9 }));
  assert.deepEqual(checkFetch(expected, arrived, 9), []);
  assert.deepEqual(checkFetch(expected, arrived.toReversed(), 9), ["The order is 0/2 0/1 0/0"]);
});

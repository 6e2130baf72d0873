import assert from "node:assert/strict";
import { type ArrivedObject, checkFetch, checkSubscription, expectedOf } from "./check.ts";
import type { TestObject } from "./objects.ts";
import { scenarios } from "./scenarios.ts";
import { Forwarding, namespaceOf, testTrack, trackOf } from "./track.ts";

Deno.test("trackOf() reads what namespaceOf() says, for every scenario", () => {
  for (const { name, track } of scenarios) {
    assert.deepEqual(trackOf(namespaceOf(track)), track, name);
  }
});

Deno.test("Every scenario has a name of its own, and every live one a track", () => {
  assert.equal(new Set(scenarios.map(({ name }) => name)).size, scenarios.length);
  const live = scenarios.filter(({ request }) => request !== "fetch");
  const tracks = new Set(live.map(({ track }) => namespaceOf(track).join("/")));
  assert.equal(tracks.size, live.length);
});

Deno.test("trackOf() refuses what is no moq-test-00 track", () => {
  const good = namespaceOf(testTrack({ lastGroup: 1 }));
  assert.notEqual(trackOf(good), undefined);
  const bad = (at: number, value: string) => good.with(at, value);
  assert.equal(trackOf(good.slice(1)), undefined);
  assert.equal(trackOf(bad(0, "moq-test-01")), undefined);
  assert.equal(trackOf(bad(1, "4")), undefined);
  assert.equal(trackOf(bad(2, "2")), undefined);
  assert.equal(trackOf(bad(5, "11")), undefined);
  assert.equal(trackOf(bad(6, "many")), undefined);
  assert.equal(trackOf(bad(10, "0")), undefined);
});

Deno.test("expectedOf() lists the objects of a track and what is special about them", () => {
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
  const objects = expectedOf(track).map((object) => [
    `${object.group}/${object.subgroup}/${object.object}`,
    object.status,
    object.payload.length,
    object.priority,
    object.last,
    object.properties.toHex(),
  ]);
  assert.deepEqual(objects, [
    ["4/1/1", 0, 3, undefined, false, "8080c61a8d"],
    ["4/0/2", 0, 1, undefined, false, "8080c61a8e"],
    ["4/1/3", 3, 0, undefined, true, ""],
    ["7/1/1", 0, 3, 200, false, "8080caae76"],
    ["7/0/2", 0, 1, 200, false, "8080caae77"],
    ["7/1/3", 3, 0, 200, true, ""],
  ]);
});

Deno.test("checkSubscription() accepts what was published, subgroups in any order", () => {
  const expected = expectedOf(scenarios[4]!.track);
  const arrived = expected.map(arrivedOf);
  assert.deepEqual(checkSubscription(expected, arrived), []);
  const regrouped = arrived.toSorted((a, b) => Number((b.subgroup ?? 0n) - (a.subgroup ?? 0n)));
  assert.deepEqual(checkSubscription(expected, regrouped), []);
});

Deno.test("checkSubscription() tells what is missing, double, foreign, changed and out of order", () => {
  const expected = expectedOf(testTrack({ lastGroup: 0, objectsPerGroup: 2, firstSize: 2 }));
  const [first, second, third] = expected.map(arrivedOf) as [
    ArrivedObject,
    ArrivedObject,
    ArrivedObject,
  ];
  const problems = (...arrived: ArrivedObject[]) => checkSubscription(expected, arrived);
  assert.deepEqual(problems(first, third), ["0/1 is missing"]);
  assert.deepEqual(problems(first, first, second, third), ["0/0 arrived twice"]);
  assert.deepEqual(problems(first, second, third, { ...first, group: 9n }), [
    "9/0 is not on the track",
  ]);
  assert.deepEqual(problems(first, third, second), ["0/1 arrived after 2"]);
  assert.deepEqual(problems({ ...first, subgroup: 1n, priority: 7 }, second, third), [
    "0/0: the subgroup is 1 instead of 0",
    "0/0: the priority is 7 instead of undefined",
  ]);
  const payload = first.payload.with(1, 0);
  const properties = Uint8Array.of(1);
  assert.deepEqual(problems({ ...first, payload, properties, status: 3 }, second, third), [
    "0/0: the status is 3 instead of 0",
    "0/0: the payload is another",
    "0/0: the properties are others",
  ]);
});

Deno.test("checkFetch() wants one order, spelled-out priorities and no marks", () => {
  const expected = expectedOf(testTrack({
    lastGroup: 0,
    objectsPerGroup: 2,
    endOfGroupMarkers: true,
  }));
  const arrived = expected.slice(0, -1).map((object) => ({ ...arrivedOf(object), priority: 9 }));
  assert.deepEqual(checkFetch(expected, arrived, 9), []);
  assert.deepEqual(checkFetch(expected, arrived.toReversed(), 9), ["The order is 0/2 0/1 0/0"]);
});

function arrivedOf(object: TestObject): ArrivedObject {
  const subgroup = object.subgroup === undefined ? undefined : BigInt(object.subgroup);
  return { ...object, group: BigInt(object.group), subgroup };
}

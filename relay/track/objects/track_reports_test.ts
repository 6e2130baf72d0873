import assert from "node:assert/strict";
import { properties } from "../../../tests/support/peers/scripted_objects.ts";
import { put, sayProperties, World } from "../../../tests/support/worlds/track_model.ts";
import { sourceOf } from "./source.ts";

const DEFAULT_PRIORITY = 0x0e;
const FAR = { group: 2n ** 40n, object: 0n };

/** A track with reports of a publisher and of a stranger. */
function setUp() {
  const world = new World();
  const track = world.track();
  const publisher = { source: sourceOf("1.1") };
  const stranger = { source: sourceOf("2.2") };
  const bring = (by: typeof publisher, group: bigint) =>
    put(world.stream(track, { group }, { source: by.source }), 0);
  const said = () => [track.largest, track.priorityOf(undefined)];
  return { track, reports: track.reports, publisher, stranger, bring, said };
}

Deno.test("TrackReports counts those of who has brought objects, whoever spoke first", () => {
  const { track, reports, publisher, stranger, bring, said } = setUp();
  sayProperties(track, stranger, properties([DEFAULT_PRIORITY, 9]));
  reports.learnLargest(stranger, FAR);
  sayProperties(track, publisher, properties([DEFAULT_PRIORITY, 7]));
  reports.learnLargest(publisher, { group: 2n, object: 1n });
  assert.deepEqual(said(), [FAR, 9]);
  bring(publisher, 1n);
  assert.deepEqual(said(), [{ group: 2n, object: 1n }, 7]);
  reports.forget(publisher);
  bring(stranger, 3n);
  assert.deepEqual(said(), [FAR, 9]);
});

Deno.test("TrackReports of a feed go with it, and the last one's stand until another speaks", () => {
  const { track, reports, publisher, stranger, said } = setUp();
  sayProperties(track, stranger, properties([DEFAULT_PRIORITY, 9]));
  reports.learnLargest(stranger, FAR);
  reports.forget(stranger);
  assert.deepEqual(said(), [FAR, 9]);
  sayProperties(track, publisher, properties([DEFAULT_PRIORITY, 7]));
  assert.deepEqual(said(), [undefined, 7]);
});

Deno.test("TrackReports of one source that come by two paths are of the same track", () => {
  const { track, reports, publisher, stranger, said } = setUp();
  const otherPath = { source: publisher.source };
  sayProperties(track, publisher, properties([DEFAULT_PRIORITY, 7]));
  reports.learnLargest(publisher, { group: 5n, object: 0n });
  reports.learnLargest(stranger, FAR);
  sayProperties(track, otherPath, properties([DEFAULT_PRIORITY, 8]));
  reports.learnLargest(otherPath, { group: 4n, object: 0n });
  assert.deepEqual(said(), [{ group: 5n, object: 0n }, 8]);
});

Deno.test("a track may end at an object before the largest one that a stranger told of", () => {
  const { track, reports, publisher, stranger, bring } = setUp();
  reports.learnLargest(publisher, { group: 1n, object: 0n });
  bring(publisher, 1n);
  reports.learnLargest(stranger, FAR);
  track.extent.endAt({ group: 1n, object: 1n });
  assert.deepEqual(track.extent.end, { group: 1n, object: 1n });
});

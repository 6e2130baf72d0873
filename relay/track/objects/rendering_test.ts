import { ObjectStatus } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { rendererOf } from "../../session/moqt/dialect/renderer.ts";
import { testDraft } from "../../../tests/support/test_draft.ts";
import { NATIVE, payloadOf, World } from "../../../tests/support/worlds/track_model.ts";
import { LogCursor } from "./log_cursor.ts";
import type { Rendering } from "./rendering.ts";
import { SubgroupLog } from "./subgroup_log.ts";

const OTHER = rendererOf(testDraft.data);
const NONE = new Uint8Array(0);

function newLog(): SubgroupLog {
  return new SubgroupLog({
    track: 300n,
    group: 300n,
    groupOrdinal: 0,
    subgroup: 0n,
    priority: undefined,
    hasProperties: false,
    endOfGroup: false,
    firstObject: true,
    renderer: NATIVE,
  });
}

function write(log: SubgroupLog, id: number, length: number, now = length): void {
  const object = { id, properties: NONE, payloadLength: length, status: ObjectStatus.NORMAL };
  log.begin(object, NATIVE.properties, 0);
  log.append(payloadOf(id, length).subarray(0, now));
}

function read(rendering: Rendering, from = 0): Uint8Array {
  const cursor = new LogCursor(rendering, from);
  const parts: number[] = [];
  for (let view = cursor.next(); view !== undefined; view = cursor.next()) {
    for (const byte of view) parts.push(byte);
    cursor.advance(view.length);
  }
  return Uint8Array.from(parts);
}

Deno.test("Rendering that is made late holds the same bytes as one that was there from the start", () => {
  const [early, late] = [newLog(), newLog()];
  const before = early.render(OTHER);
  for (const log of [early, late]) {
    for (const id of [0, 1, 70, 71]) write(log, id, id * 1_000);
    write(log, 100, 80_000, 50_000);
    log.flush();
  }
  const after = late.render(OTHER);
  assert.deepEqual(read(after), read(before));
  assert.deepEqual([after.ready, after.count], [before.ready, 5]);
  for (const log of [early, late]) {
    log.append(payloadOf(100, 80_000).subarray(50_000));
    log.flush();
  }
  assert.deepEqual(read(after), read(before));
  assert.notDeepEqual(read(after), read(late.renderingOf(NATIVE)!));
});

Deno.test("Rendering of a log whose head is gone cannot be read from its beginning", () => {
  const log = newLog();
  for (let id = 0; id < 50; id++) write(log, id, 5_000);
  log.flush();
  log.evictHead();
  const rendering = log.render(OTHER);
  assert.equal(new LogCursor(rendering, 0).lagged, true);
  assert.equal(rendering.count, log.count);
  assert.ok(read(rendering, rendering.startOf(0)).length > log.count * 5_000);
});

Deno.test("Rendering gives up its pages with those of the log, and what it takes is counted with it", () => {
  const log = newLog();
  const rendering = log.render(OTHER);
  for (let id = 0; id < 50; id++) write(log, id, 5_000);
  log.flush();
  assert.ok(log.bytes > 2 * 250_000);
  const keeping = new LogCursor(rendering, rendering.startOf(49));
  while (log.evictHead() > 0);
  assert.equal(new LogCursor(rendering, 0).lagged, true);
  assert.equal(keeping.lagged, false);
  assert.equal(rendering.count, log.count);
  assert.ok(log.bytes < 250_000, `${log.bytes}`);
  log.evictAll();
  assert.equal(log.bytes, 0);
});

Deno.test("Track.render() makes one rendering for a dialect, within the budget of the cache", () => {
  const world = new World();
  const track = world.track();
  const writer = world.stream(track);
  writer.object(0, NONE, 1_000, ObjectStatus.NORMAL);
  writer.payload(payloadOf(0, 1_000));
  writer.flush();
  const [log] = track.group(0n)!.logs;
  const before = world.cache.bytes;
  const rendering = track.renderings.of(log!, OTHER);
  assert.equal(track.renderings.of(log!, OTHER), rendering);
  assert.equal(world.cache.bytes, before + rendering.capacity);
  assert.equal(track.renderings.of(log!, NATIVE), log!.renderingOf(NATIVE));
  track.evict(track.group(0n)!, "age");
  assert.equal(world.cache.bytes, 0);
});

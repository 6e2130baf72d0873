import assert from "node:assert/strict";
import { HISTORY_POINTS } from "./limits.ts";
import { SeriesSet } from "./series_set.ts";

function sample(set: SeriesSet<"x" | "y">, values: Record<string, number>): void {
  set.advance();
  for (const [key, x] of Object.entries(values)) set.record(key, { x });
}

Deno.test("SeriesSet keeps the last samples, with gaps where nothing was known", () => {
  const set = new SeriesSet(["x", "y"], 2);
  sample(set, { a: 1 });
  sample(set, {});
  sample(set, { a: 1 / 3, b: 9 });
  assert.deepEqual(set.read("a"), { x: [1, null, 0.333333], y: [null, null, null] });
  assert.deepEqual(set.read("b")?.x, [null, null, 9]);
  assert.equal(set.read("c"), undefined);
  for (let at = 0; at < HISTORY_POINTS; at++) sample(set, { a: at });
  assert.deepEqual(set.read("a")?.x, Array.from({ length: HISTORY_POINTS }, (_, at) => at));
  assert.equal(set.read("b"), undefined, "without a sample for the whole time");
  assert.equal(set.size, 1);
});

Deno.test("SeriesSet makes room by what ended first, never by what is there", () => {
  const set = new SeriesSet(["x", "y"], 2);
  sample(set, { old: 1, here: 1 });
  sample(set, { here: 2, more: 2 });
  assert.equal(set.leftOut, 1, "what had the sample before may have this one");
  sample(set, { here: 3, more: 3, most: 3 });
  assert.equal(set.read("old"), undefined);
  assert.deepEqual(set.read("here")?.x, [1, 2, 3]);
  assert.deepEqual(set.read("more")?.x, [null, null, 3]);
  assert.equal(set.leftOut, 1);
  assert.equal(set.size, 2);
});

import assert from "node:assert/strict";
import { firstObjectOf, includesGroup, windowOf } from "./window.ts";

const LARGEST = { group: 7n, object: 3n };
const LAST = 2n ** 64n - 1n;

Deno.test("R-063 windowOf() gives each filter its range", () => {
  const start = { group: 2n, object: 9n };
  const everything = { start: { group: 0n, object: 0n }, endGroup: undefined };
  assert.deepEqual(windowOf(undefined, LARGEST), everything);
  assert.deepEqual(windowOf({ type: "largest_object" }, undefined), everything);
  assert.deepEqual(windowOf({ type: "next_group" }, undefined), everything);
  assert.deepEqual(windowOf({ type: "largest_object" }, LARGEST), {
    start: { group: 7n, object: 4n },
    endGroup: undefined,
  });
  assert.deepEqual(windowOf({ type: "next_group" }, LARGEST), {
    start: { group: 8n, object: 0n },
    endGroup: undefined,
  });
  assert.deepEqual(windowOf({ type: "absolute_start", start }, LARGEST), {
    start,
    endGroup: undefined,
  });
  assert.deepEqual(windowOf({ type: "absolute_range", start, endGroup: 4n }, undefined), {
    start,
    endGroup: 4n,
  });
});

Deno.test("R-063 includesGroup() takes in both ends, and firstObjectOf() cuts only the first group", () => {
  const start = { group: 2n, object: 9n };
  const window = windowOf({ type: "absolute_range", start, endGroup: 4n }, undefined);
  assert.deepEqual([1n, 2n, 4n, 5n].map((group) => includesGroup(window, group)), [
    false,
    true,
    true,
    false,
  ]);
  assert.deepEqual([firstObjectOf(window, 2n), firstObjectOf(window, 3n)], [9, 0]);
});

Deno.test("A window at the far end of all locations lets nothing through that it should not", () => {
  const next = windowOf({ type: "next_group" }, { group: LAST, object: 0n });
  assert.equal(includesGroup(next, LAST), false);
  const behind = windowOf({ type: "largest_object" }, { group: LAST, object: LAST });
  assert.ok(firstObjectOf(behind, LAST) > Number.MAX_SAFE_INTEGER);
  const open = windowOf({ type: "absolute_start", start: { group: 0n, object: 0n } }, undefined);
  assert.equal(includesGroup(open, LAST), true);
});

import assert from "node:assert/strict";
import { MAX_PAST_SEGMENTS } from "../limits.ts";
import { PastWindow } from "./past_window.ts";

const SECOND = 1_000_000;

function rows({ segments }: PastWindow): string[] {
  return segments.map(({ number, from, behind, duration, isBreak }) =>
    `${number}: ${from} to ${behind}, ${duration / SECOND} s${isBreak ? ", break" : ""}`
  );
}

Deno.test("PastWindow cuts where a group begins, once a segment is long enough", () => {
  const window = new PastWindow(2 * SECOND);
  for (let group = 0; group < 6; group++) window.add(BigInt(group), group * SECOND);
  assert.deepEqual(rows(window), ["0: 0 to 2, 2 s", "1: 2 to 4, 2 s"]);
  window.add(6n, 6 * SECOND);
  assert.deepEqual(rows(window), ["0: 0 to 2, 2 s", "1: 2 to 4, 2 s", "2: 4 to 6, 2 s"]);
});

Deno.test("PastWindow says where time does not follow on", () => {
  const window = new PastWindow(2 * SECOND);
  for (const [group, time] of [[0, 0], [1, 2], [2, 100], [3, 102], [4, 1], [5, 3]] as const) {
    window.add(BigInt(group), time * SECOND);
  }
  assert.deepEqual(rows(window), [
    "0: 0 to 1, 2 s",
    "1: 1 to 2, 2 s",
    "2: 2 to 3, 2 s, break",
    "3: 3 to 4, 2 s",
    "4: 4 to 5, 2 s, break",
  ]);
});

Deno.test("PastWindow forgets what is gone, and goes on with its numbers", () => {
  const window = new PastWindow(SECOND);
  for (let group = 0; group < 6; group++) window.add(BigInt(group), group * SECOND);
  window.keepFrom(3n);
  assert.deepEqual(window.segments.map(({ number }) => number), [3, 4]);
  assert.equal(window.find(2), undefined);
  assert.equal(window.find(4)!.from, 4n);
  // Groups that are numbered anew are another track.
  window.add(0n, 0);
  assert.deepEqual(window.segments, []);
  window.add(1n, SECOND);
  assert.deepEqual(rows(window), ["5: 0 to 1, 1 s, break"]);
  window.keepFrom(undefined);
  assert.equal(window.breaksBefore, 1);
});

Deno.test("PastWindow has no more segments than a playlist may show", () => {
  const window = new PastWindow(SECOND);
  for (let group = 0; group < MAX_PAST_SEGMENTS + 5; group++) {
    window.add(BigInt(group), group * SECOND);
  }
  assert.equal(window.segments.length, MAX_PAST_SEGMENTS);
  assert.equal(window.segments.at(-1)!.from, BigInt(MAX_PAST_SEGMENTS + 3));
});

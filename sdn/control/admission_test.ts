import assert from "node:assert/strict";
import type { Clock } from "@qumo/shared/runtime";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { Admission } from "./admission.ts";
import { MAX_OPENING, OPENING_MS, OPENINGS_PER_TURN } from "./limits.ts";

function crowd(count: number) {
  const clock = new ManualClock();
  const admission = new Admission(clock);
  const entered: number[] = [];
  const leave = Array.from(
    { length: count },
    (_, number) => admission.come("one", () => void entered.push(number)),
  );
  return { clock, admission, entered, leave };
}

Deno.test("so many watchers have their snapshot at a time, in the order in which they came", async () => {
  const { clock, admission, entered, leave } = crowd(MAX_OPENING + 3);
  await clock.advance(0);
  assert.equal(entered.length, MAX_OPENING);
  // One that waits and leaves is not let in.
  leave[MAX_OPENING + 1]!();
  leave[5]!();
  leave[5]!();
  assert.deepEqual([entered.at(-1), admission.waiting], [MAX_OPENING, 1]);
  leave[6]!();
  assert.equal(entered.at(-1), MAX_OPENING + 2);
  for (const one of leave) one();
  await clock.advance(0);
  assert.equal(clock.pending, 0);
});

Deno.test("watchers that read slowly hold up the others for a moment", async () => {
  const { clock, admission, entered } = crowd(3 * MAX_OPENING);
  await clock.advance(OPENING_MS);
  assert.equal(entered.length, 2 * MAX_OPENING);
  await clock.advance(OPENING_MS);
  assert.equal(admission.waiting, 0);
  await clock.advance(OPENING_MS);
  assert.equal(clock.pending, 0);
});

Deno.test("a client with very many watchers does not hold up another one's", async () => {
  const { clock, admission, entered } = crowd(10 * MAX_OPENING);
  await clock.advance(0);
  let isIn = false;
  const leave = admission.come("other", () => void (isIn = true));
  assert.deepEqual([isIn, entered.length], [false, MAX_OPENING]);
  await clock.advance(OPENING_MS);
  assert.equal(isIn, true);
  leave();
});

Deno.test("heartbeats have their turn while a thousand watchers begin", () => {
  const turns: (() => void)[] = [];
  const clock: Clock = {
    now: () => 0,
    wall: () => 0,
    after(delay, fire) {
      if (delay === 0) turns.push(fire);
      return { cancel: () => {} };
    },
  };
  const admission = new Admission(clock);
  let entered = 0;
  const come = () => {
    const leave = admission.come("one", () => {
      entered++;
      // It has what it begins with at once.
      queueMicrotask(() => leave());
    });
  };
  for (let watcher = 0; watcher < 1000; watcher++) come();
  assert.equal(entered, OPENINGS_PER_TURN);
  for (const turn of [1, 2, 3]) {
    turns.shift()!();
    assert.equal(entered, (1 + turn) * OPENINGS_PER_TURN);
  }
});

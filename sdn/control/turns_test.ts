import assert from "node:assert/strict";
import type { Clock } from "@qumo/shared/runtime";
import { Turns } from "./turns.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";

/** A clock that work moves on, and whose timers fire when they are told to. */
function workClock() {
  let now = 0;
  const timers: { at: number; fire: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    wall: () => now,
    after(delay, fire) {
      timers.push({ at: now + delay, fire });
      return { cancel() {} };
    },
  };
  return {
    clock,
    work: (ms: number) => () => void (now += ms),
    timers,
    rest() {
      const timer = timers.shift()!;
      now = timer.at;
      timer.fire();
    },
  };
}

Deno.test("long work rests for as long as it took before the next has its turn", async () => {
  const { clock, work, timers, rest } = workClock();
  const turns = new Turns(clock);
  await turns.run(work(300));
  const ends: number[] = [];
  const next = turns.run(work(100)).then(() => ends.push(clock.now()));
  await new ManualClock().advance(0);
  assert.deepEqual([ends, timers.map(({ at }) => at)], [[], [600]]);
  rest();
  await next;
  assert.deepEqual(ends, [700]);
});

Deno.test("short work waits for nothing", async () => {
  const { clock, work, timers } = workClock();
  const turns = new Turns(clock);
  await Promise.all([turns.run(work(1)), turns.run(work(1)), turns.run(work(1))]);
  assert.deepEqual([clock.now(), timers.length], [3, 0]);
});

Deno.test("so much work waits and no more", async () => {
  const turns = new Turns(new ManualClock());
  const running = Array.from({ length: 70 }, () => turns.run(() => "done"));
  const answers = await Promise.all(running);
  assert.deepEqual([answers.filter((one) => one === "done").length, answers.at(-1)], [
    64,
    undefined,
  ]);
});

Deno.test("work that fails lets the next one have its turn", async () => {
  const turns = new Turns(new ManualClock());
  await assert.rejects(turns.run(() => {
    throw new Error("no");
  }));
  assert.equal(await turns.run(() => 1), 1);
});

import assert from "node:assert/strict";
import { RateLimit } from "./rate_limit.ts";
import { ManualClock } from "../../../tests/support/worlds/manual_clock.ts";

Deno.test("R-193: RateLimit lets a burst through at once, and then so many a second", async () => {
  const clock = new ManualClock();
  const limit = new RateLimit(clock, 10, 3);
  const { signal } = new AbortController();
  let taken = 0;
  for (let index = 0; index < 6; index++) void limit.take(signal).then(() => taken++);
  await clock.advance(0);
  assert.equal(taken, 3);
  await clock.advance(99);
  assert.equal(taken, 3);
  await clock.advance(1);
  assert.equal(taken, 4);
  await clock.advance(200);
  assert.equal(taken, 6);
});

Deno.test("RateLimit gathers no more than a burst while nobody asks", async () => {
  const clock = new ManualClock();
  const limit = new RateLimit(clock, 10, 2);
  const { signal } = new AbortController();
  await clock.advance(60_000);
  let taken = 0;
  for (let index = 0; index < 3; index++) void limit.take(signal).then(() => taken++);
  await clock.advance(0);
  assert.equal(taken, 2);
  await clock.advance(100);
  assert.equal(taken, 3);
});

Deno.test("RateLimit keeps nobody waiting whose session has ended", async () => {
  const clock = new ManualClock();
  const limit = new RateLimit(clock, 1, 1);
  const controller = new AbortController();
  await limit.take(controller.signal);
  const waiting = limit.take(controller.signal);
  controller.abort();
  await waiting;
  assert.equal(clock.pending, 0);
});

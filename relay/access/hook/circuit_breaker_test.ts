import assert from "node:assert/strict";
import { CircuitBreaker } from "./circuit_breaker.ts";

const settings = { failures: 3, pauseMs: 1_000 };

Deno.test("a breaker opens after some failures in a row and lets one try after a pause", () => {
  const breaker = new CircuitBreaker(settings);
  breaker.fail(0);
  breaker.fail(0);
  breaker.succeed();
  const opened = [1, 2, 3].map((now) => breaker.fail(now));
  assert.deepEqual(opened, [false, false, true]);
  assert.deepEqual([breaker.enter(3), breaker.enter(1_002)], [false, false]);
  assert.deepEqual([breaker.enter(1_003), breaker.enter(1_003)], [true, false]);
  assert.equal(breaker.fail(1_500), false);
  assert.deepEqual([breaker.enter(2_499), breaker.enter(2_500)], [false, true]);
  assert.equal(breaker.succeed(), true);
  assert.deepEqual([breaker.enter(2_501), breaker.enter(2_501)], [true, true]);
});

Deno.test("answers to what was asked before a breaker opened leave its pause as it is", () => {
  const breaker = new CircuitBreaker(settings);
  for (const now of [1, 2, 3, 900]) breaker.fail(now);
  assert.equal(breaker.enter(1_003), true);
});

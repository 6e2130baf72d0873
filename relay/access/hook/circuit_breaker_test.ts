import assert from "node:assert/strict";
import { CircuitBreaker } from "./circuit_breaker.ts";

const settings = { failures: 3, pauseMs: 1_000 };

Deno.test("a breaker opens after different ones failed in a row, and lets some try after a pause", () => {
  const breaker = new CircuitBreaker(settings);
  breaker.fail("a", 0);
  breaker.fail("b", 0);
  breaker.succeed();
  const opened = ["a", "b", "c"].map((who, at) => breaker.fail(who, at + 1));
  assert.deepEqual(opened, [false, false, true]);
  assert.deepEqual([breaker.enter("a", 3), breaker.enter("d", 1_002)], [false, false]);
  // One of them each, and no more than it takes to open it.
  const tries = ["a", "a", "d", "e", "f"].map((who) => breaker.enter(who, 1_003));
  assert.deepEqual(tries, [true, false, true, true, false]);
  assert.equal(breaker.fail("a", 1_500), false);
  assert.deepEqual([breaker.enter("a", 2_002), breaker.enter("f", 2_003)], [false, true]);
  assert.equal(breaker.succeed(), true);
  assert.deepEqual([breaker.enter("a", 2_004), breaker.enter("a", 2_004)], [true, true]);
});

Deno.test("one that fails again and again opens no breaker, and keeps none open", () => {
  const breaker = new CircuitBreaker(settings);
  for (let now = 0; now < 100; now++) assert.equal(breaker.fail("bad", now), false);
  assert.ok(breaker.enter("good", 100));
  for (const who of ["a", "b"]) breaker.fail(who, 100);
  assert.ok(breaker.isOpen);
  assert.ok(breaker.enter("bad", 1_100));
  breaker.fail("bad", 1_101);
  assert.ok(breaker.enter("good", 1_102));
});

Deno.test("answers to what was asked before a breaker opened leave its pause as it is", () => {
  const breaker = new CircuitBreaker(settings);
  ["a", "b", "c", "d"].forEach((who, at) => breaker.fail(who, [1, 2, 3, 900][at]!));
  assert.equal(breaker.enter("d", 1_003), true);
});

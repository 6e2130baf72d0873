import assert from "node:assert/strict";
import { Backoff } from "./backoff.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";

const ALMOST_ONE = 1 - 2 ** -53;

function backoff(random: () => number) {
  const clock = new ManualClock();
  return {
    clock,
    backoff: new Backoff({ first: 100, cap: 700, healthyAfter: 5000, random }, clock),
  };
}

Deno.test("Backoff doubles the wait up to the cap", () => {
  const { backoff: wait } = backoff(() => ALMOST_ONE);
  assert.deepEqual([1, 2, 3, 4, 5].map(() => Math.round(wait.failed())), [100, 200, 400, 700, 700]);
});

Deno.test("Backoff spreads its waits over the upper half", () => {
  const { backoff: low } = backoff(() => 0);
  assert.deepEqual([low.failed(), low.failed(), low.failed()], [50, 100, 200]);
  const { backoff: middle } = backoff(() => 0.5);
  assert.equal(middle.failed(), 75);
});

Deno.test("Backoff starts again after a success that lasted", async () => {
  const { backoff: wait, clock } = backoff(() => 0);
  wait.failed();
  wait.failed();
  wait.succeeded();
  await clock.advance(3000);
  wait.succeeded();
  await clock.advance(2000);
  assert.equal(wait.failed(), 50);
});

Deno.test("Backoff goes on where it was after a success that did not last", async () => {
  const { backoff: wait, clock } = backoff(() => 0);
  wait.failed();
  wait.succeeded();
  await clock.advance(4999);
  assert.equal(wait.failed(), 100);
  await clock.advance(10_000);
  assert.equal(wait.failed(), 200);
});

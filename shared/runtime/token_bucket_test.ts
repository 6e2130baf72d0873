import assert from "node:assert/strict";
import { TokenBucket } from "./token_bucket.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";

Deno.test("TokenBucket gives a burst at once, and then so many a second", async () => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(clock, { rate: 10, burst: 3 });
  const taken = () => {
    let count = 0;
    while (bucket.take()) count++;
    return count;
  };
  assert.equal(taken(), 3);
  await clock.advance(99);
  assert.equal(taken(), 0);
  await clock.advance(1);
  assert.equal(taken(), 1);
  await clock.advance(60_000);
  assert.equal(taken(), 3);
});

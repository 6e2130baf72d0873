import assert from "node:assert/strict";
import { RateLimiter } from "./rate_limit.ts";

Deno.test("one network has one rate however many IPv6 addresses it has", () => {
  const limiter = new RateLimiter(() => ({ perSecond: 1, burst: 3 }));
  const taken = [1, 2, 3, 4, 5].map((host) => limiter.take(`2001:db8:1:2::${host}`, 0));
  assert.deepEqual(taken, [true, true, true, false, false]);
  assert.equal(limiter.waitMs("2001:db8:1:2::9"), 1_000);
  assert.equal(limiter.take("2001:db8:1:3::1", 0), true);
  limiter.charge("2001:db8:1:3::2", 2);
  assert.equal(limiter.take("2001:db8:1:3::3", 0), false);
});

import assert from "node:assert/strict";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { MAX_SLEEP_MS } from "./limits.ts";
import type { Policy } from "./policy.ts";
import { Renewals } from "./renewals.ts";

/** A policy of which only its end matters. */
function endingAt(until: number): Policy {
  return { until, isRelay: false, limits: {} } as unknown as Policy;
}

Deno.test("Renewals tells when the first of the policies that are watched ends", async () => {
  const clock = new ManualClock();
  let due = 0;
  const renewals = new Renewals(clock, () => {
    due++;
    renewals.stop();
  });
  renewals.watch([endingAt(5_000), endingAt(Infinity)]);
  renewals.watch([endingAt(2_000), endingAt(9_000), endingAt(-1)]);
  assert.equal(clock.pending, 1);
  await clock.advance(1_999);
  assert.equal(due, 0);
  await clock.advance(1);
  assert.deepEqual([due, clock.pending], [1, 0]);
});

Deno.test("Renewals looks again before a distant end, since the machine's clock may be corrected", async () => {
  const clock = new ManualClock();
  let due = 0;
  const renewals = new Renewals(clock, () => void due++);
  renewals.watch([endingAt(3 * MAX_SLEEP_MS)]);
  await clock.advance(MAX_SLEEP_MS);
  assert.equal(due, 1);
  renewals.stop();
  assert.equal(clock.pending, 0);
});

import assert from "node:assert/strict";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { PROBE_GRACE_MS } from "./limits.ts";
import { Watchdog } from "./watchdog.ts";

Deno.test("Watchdog gives who is quiet a moment more than the sign of life takes", async () => {
  const clock = new ManualClock();
  const answered = { url: "http://a.test", wasSilent: false };
  const probed: number[] = [];
  const stuck: unknown[] = [];
  const watchdog = new Watchdog({
    clock,
    quietMs: 1000,
    probe: () => {
      probed.push(clock.now());
      return Promise.resolve(answered);
    },
    onStuck: (found) => stuck.push([clock.now(), found]),
  });
  await clock.advance(1000 + PROBE_GRACE_MS - 1);
  watchdog.heard();
  await clock.advance(1000 + PROBE_GRACE_MS - 1);
  assert.deepEqual(stuck, []);
  await clock.advance(1);
  const [first = 0, second = 0] = probed;
  assert.deepEqual(probed, [1000, first + PROBE_GRACE_MS - 1 + 1000]);
  assert.deepEqual(stuck, [[second + PROBE_GRACE_MS, answered]]);
  await watchdog.stop();
  assert.equal(clock.pending, 0);
});

import assert from "node:assert/strict";
import { Controllers, Retry } from "./controllers.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";

Deno.test("Controllers moves on once, however many notice that one failed", () => {
  const controllers = new Controllers(["a", "b", "c"]);
  controllers.failed("a");
  controllers.failed("a");
  assert.equal(controllers.current, "b");
  assert.deepEqual(controllers.inOrder, ["b", "c", "a"]);
  controllers.failed("b");
  controllers.failed("c");
  assert.equal(controllers.current, "a");
});

Deno.test("Retry tries each controller before its waits grow, and starts again after a success that lasts", async () => {
  const clock = new ManualClock();
  const retry = new Retry(new Controllers(["a", "b"]), { clock, random: () => 0 });
  const waits = (count: number) => Array.from({ length: count }, () => retry.failed());
  assert.deepEqual(waits(6), [0, 125, 0, 250, 0, 500]);
  retry.succeeded();
  await clock.advance(10_000);
  assert.deepEqual(waits(2), [0, 125]);
  assert.equal(Math.max(...waits(30)), 5000);
});

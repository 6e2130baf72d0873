import assert from "node:assert/strict";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { KeepAlives } from "./keep_alives.ts";

Deno.test("who was quiet for so long is called again and again, with one timer for all", async () => {
  const clock = new ManualClock();
  const keepAlives = new KeepAlives(clock, 100);
  const called: string[] = [];
  const [a, b] = ["a", "b"].map((name) => () => void called.push(`${name} ${clock.now()}`));
  keepAlives.heard(a!);
  keepAlives.heard(b!);
  await clock.advance(60);
  keepAlives.heard(a!);
  assert.equal(clock.pending, 1);
  await clock.advance(150);
  assert.deepEqual(called, ["b 100", "a 160", "b 200"]);
  assert.equal(clock.pending, 1);
  keepAlives.leave(a!);
  keepAlives.leave(b!);
  assert.equal(clock.pending, 0);
});

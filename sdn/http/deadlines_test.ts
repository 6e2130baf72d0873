import assert from "node:assert/strict";
import { Deadlines } from "./deadlines.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";

Deno.test("each deadline falls due at its own time, and none that was called off", async () => {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock, 100);
  const fallen: string[] = [];
  const set = (name: string) => deadlines.set(() => fallen.push(`${name} at ${clock.now()}`));
  set("a");
  await clock.advance(30);
  const callOff = set("b");
  set("c");
  await clock.advance(20);
  set("d");
  assert.equal(clock.pending, 1);
  callOff();
  await clock.advance(200);
  assert.deepEqual(fallen, ["a at 100", "c at 130", "d at 150"]);
  assert.equal(clock.pending, 0);
});

Deno.test("no timer is left when nothing waits", () => {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock, 100);
  const callOff = [deadlines.set(() => {}), deadlines.set(() => {})];
  for (const one of callOff) one();
  assert.equal(clock.pending, 0);
  deadlines.set(() => {})();
  assert.equal(clock.pending, 0);
});

import assert from "node:assert/strict";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { FEW_WATCHERS, WAKE_MS_PER_WATCHER } from "./limits.ts";
import { Wakeups } from "./wakeups.ts";

/** So many watchers, each of whom waits again as soon as it is woken. */
function crowd(count: number) {
  const clock = new ManualClock();
  const wakeups = new Wakeups(clock);
  const woken = { count: 0 };
  for (let watcher = 0; watcher < count; watcher++) {
    const wake = () => {
      woken.count++;
      wakeups.wait(wake);
    };
    wakeups.wait(wake);
  }
  return { clock, wakeups, woken };
}

Deno.test("a few watchers are woken with each change", () => {
  const { clock, wakeups, woken } = crowd(FEW_WATCHERS);
  for (let change = 0; change < 3; change++) wakeups.ring();
  assert.equal(woken.count, 3 * FEW_WATCHERS);
  assert.equal(clock.pending, 0);
});

Deno.test("many watchers are woken at once by the first change, and once for those that follow soon", async () => {
  const count = 10 * FEW_WATCHERS;
  const { clock, wakeups, woken } = crowd(count);
  wakeups.ring();
  assert.equal(woken.count, count);
  for (let change = 0; change < 50; change++) wakeups.ring();
  assert.equal(woken.count, count);
  await clock.advance(count * WAKE_MS_PER_WATCHER);
  assert.equal(woken.count, 2 * count);
  await clock.advance(count * WAKE_MS_PER_WATCHER);
  wakeups.ring();
  assert.equal(woken.count, 3 * count);
});

Deno.test("who left is not woken, and everybody else at the end", () => {
  const wakeups = new Wakeups(new ManualClock());
  const woken: string[] = [];
  const [one, other] = ["one", "other"].map((name) => () => void woken.push(name));
  wakeups.wait(one!);
  wakeups.wait(other!);
  wakeups.leave(one!);
  wakeups.close();
  assert.deepEqual(woken, ["other"]);
});

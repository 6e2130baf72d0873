import assert from "node:assert/strict";
import { ManualClock } from "../tests/support/worlds/manual_clock.ts";
import { memoryLog } from "../tests/support/worlds/memory_log.ts";
import { Group, type MemberEnd } from "./group.ts";

/** A group whose members end when the test says so. */
function testGroup(names: readonly string[]) {
  const clock = new ManualClock();
  const running = new Map<number, { end: (end: MemberEnd) => void; signals: string[] }>();
  const starts: number[] = [];
  const group = new Group({
    names,
    clock,
    log: memoryLog().log,
    random: () => 0.999,
    spawn(member) {
      const { promise, resolve } = Promise.withResolvers<MemberEnd>();
      const signals: string[] = [];
      running.set(member, { end: resolve, signals });
      starts.push(member);
      return {
        pid: member,
        ended: promise,
        tell: () => {},
        kill: (signal) => void signals.push(signal),
      };
    },
  });
  const end = (member: number, code: number) => running.get(member)!.end({ code, signal: null });
  return { group, clock, running, starts, end, run: group.run() };
}

Deno.test("a member that ends by itself starts again, later each time, and the others stay", async () => {
  const { clock, starts, end, group, run } = testGroup(["a-1", "a-2"]);
  for (const wait of [500, 1000, 2000]) {
    end(2, 137);
    await clock.advance(wait - 10);
    const before = starts.length;
    await clock.advance(10);
    assert.equal(starts.length, before + 1, `after ${wait} ms`);
  }
  assert.deepEqual(starts, [1, 2, 2, 2, 2]);
  await clock.advance(60_000);
  end(2, 1);
  await clock.advance(500);
  assert.equal(starts.length, 6, "it ran well for long enough");
  group.stop();
  end(1, 0);
  end(2, 0);
  assert.equal(await run, 0);
});

Deno.test("members that were told to end, or cannot start at all, do not start again", async () => {
  const { clock, starts, end, run } = testGroup(["a-1", "a-2"]);
  end(1, 0);
  end(2, 2);
  assert.equal(await run, 1);
  await clock.advance(60_000);
  assert.deepEqual(starts, [1, 2]);
});

Deno.test("stop() drains every member, and nobody who waits starts any more", async () => {
  const { clock, running, starts, end, group, run } = testGroup(["a-1", "a-2"]);
  end(2, 1);
  await clock.advance(10);
  group.signal("SIGHUP");
  group.stop();
  assert.deepEqual(running.get(1)!.signals, ["SIGHUP", "SIGTERM"]);
  end(1, 0);
  assert.equal(await run, 0);
  assert.deepEqual([starts, clock.pending], [[1, 2], 0]);
});

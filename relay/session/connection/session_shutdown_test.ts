import { TaskGroup } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import { ManualClock } from "../../../tests/support/worlds/manual_clock.ts";
import { SessionShutdown } from "./session_shutdown.ts";

Deno.test("SessionShutdown leaves no timer to a session that is over, drained before its end or after it", () => {
  for (const isDrainedFirst of [true, false]) {
    const clock = new ManualClock();
    const shutdown = new SessionShutdown({
      role: "server",
      connection: { drain() {} },
      clock,
      tasks: new TaskGroup((_, error) => assert.fail(error as Error)),
      say: () => Promise.resolve(),
      close: () => {},
    });
    shutdown.begin();
    if (isDrainedFirst) shutdown.drain(1_000, "");
    assert.equal(clock.pending, isDrainedFirst ? 1 : 0);
    shutdown.stop();
    shutdown.drain(1_000, "");
    assert.equal(clock.pending, 0);
  }
});

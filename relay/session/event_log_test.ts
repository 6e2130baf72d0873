import assert from "node:assert/strict";
import { EVENT_LINES_AT_ONCE, EventLog } from "./event_log.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { memoryLog } from "../../tests/support/worlds/memory_log.ts";

Deno.test("a peer that does very much fills no log, and what was left out is counted", async () => {
  const clock = new ManualClock();
  const { log, lines } = memoryLog();
  const events = new EventLog(log, clock);
  for (let count = 0; count < EVENT_LINES_AT_ONCE + 7; count++) {
    events.say("request refused", { count });
  }
  assert.equal(lines.length, EVENT_LINES_AT_ONCE);
  await clock.advance(1_000);
  events.say("request refused", { count: "last" });
  assert.deepEqual(lines.at(-1), {
    text: "info: request refused",
    fields: { count: "last", lines_left_out: 7 },
  });
});

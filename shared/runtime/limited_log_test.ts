import assert from "node:assert/strict";
import { LimitedLog } from "./limited_log.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { memoryLog } from "../../tests/support/worlds/memory_log.ts";

Deno.test("LimitedLog writes some lines of a text a minute, and says how many it did not", async () => {
  const clock = new ManualClock();
  const { log, lines } = memoryLog();
  const limited = new LimitedLog(log, clock);
  for (let line = 0; line < 50; line++) limited.info("refused", { line });
  limited.info("another", {});
  assert.equal(lines.length, 21);
  await clock.advance(60_000);
  limited.info("refused", { line: 51 });
  assert.deepEqual(lines.at(-1), { text: "info: refused", fields: { line: 51, not_logged: 30 } });
  limited.info("refused", { line: 52 });
  assert.deepEqual(lines.at(-1)!.fields, { line: 52 });
});

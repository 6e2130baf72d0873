import assert from "node:assert/strict";
import { StartError } from "@qumo/shared/runtime";
import { waitForStore } from "./wait_for_store.ts";
import { ManualClock } from "../tests/support/worlds/manual_clock.ts";
import { memoryLog } from "../tests/support/worlds/memory_log.ts";

function waiting() {
  const clock = new ManualClock();
  const { log, lines } = memoryLog();
  const ending = new AbortController();
  return { lines, clock, ending, given: { clock, log, random: () => 0.5, signal: ending.signal } };
}

Deno.test("a store that is away for a night is read when it is back, and the log stays short", async () => {
  const { lines, clock, given } = waiting();
  let tries = 0;
  let isBack = false;
  const read = waitForStore(() => {
    tries++;
    return isBack ? Promise.resolve("all") : Promise.reject(new Error("no answer"));
  }, given);
  const night = 8 * 60;
  for (let minute = 0; minute < night; minute++) await clock.advance(60_000);
  assert.ok(tries > night && tries < 20 * night, `${tries}`);
  assert.ok(lines.length <= night, `${lines.length}`);
  assert.deepEqual(lines[0], {
    text: "warn: cannot read the store, not ready: retrying",
    fields: { error: "no answer", attempt: 1, waited_ms: 0 },
  });
  isBack = true;
  await clock.advance(10_000);
  assert.equal(await read, "all");
  assert.match(lines.at(-1)!.text, /^info: store available/);
});

Deno.test("waiting for a store ends when the controller is told to stop, and where it is of no use", async () => {
  const { clock, ending, given } = waiting();
  const read = waitForStore(() => Promise.reject(new Error("no answer")), given);
  await clock.advance(1_000);
  ending.abort();
  assert.equal(await read, undefined);
  const refused = new StartError("wrong password", "etcd.user");
  await assert.rejects(waitForStore(() => Promise.reject(refused), waiting().given), refused);
});

Deno.test("a store that can be read at once says nothing", async () => {
  const { lines, given } = waiting();
  assert.equal(await waitForStore(() => Promise.resolve(1), given), 1);
  assert.deepEqual(lines, []);
});

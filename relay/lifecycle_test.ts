import assert from "node:assert/strict";
import { memoryLog } from "../tests/support/worlds/memory_log.ts";
import { Lifecycle } from "./lifecycle.ts";

Deno.test("Lifecycle says the first reason for which the relay fails, and logs each", async () => {
  const { log, lines } = memoryLog();
  const lifecycle = new Lifecycle(log);
  assert.equal(lifecycle.state, "starting");
  lifecycle.serves();
  lifecycle.fails("no listener is left");
  lifecycle.fails("mesh: out of memory");
  assert.equal(lifecycle.state, "failed");
  assert.equal(await lifecycle.failed, "no listener is left");
  assert.deepEqual(lines.map(({ text }) => text), [
    "error: fatal error: the relay stops",
    "error: fatal error: the relay stops",
  ]);
});

Deno.test("a drain that the controller orders begins when whoever runs the relay says so", async () => {
  const lifecycle = new Lifecycle(memoryLog().log);
  lifecycle.serves();
  lifecycle.isToldToDrain();
  await lifecycle.drainRequested;
  assert.equal(lifecycle.isDraining, false);
  lifecycle.drains();
  assert.equal(lifecycle.isDraining, true);
});

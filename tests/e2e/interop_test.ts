import assert from "node:assert/strict";
import { HANGS_MS } from "../support/deadline.ts";
import { runInterop } from "./interop.ts";

Deno.test("runInterop() passes the interop runner's cases and says so as TAP", async () => {
  let tap = "";
  const passed = await runInterop((text) => tap += text, HANGS_MS);
  assert(passed, tap);
  const lines = tap.split("\n");
  assert.deepEqual(lines.slice(0, 2), ["TAP version 14", "1..12"]);
  const points = lines.filter((line) => line.startsWith("ok "));
  assert.deepEqual(points.map((line) => line.match(/^ok \d+ - ([a-z-]+) /)?.[1]), [
    ...Array(2).fill([
      "setup-only",
      "announce-only",
      "publish-namespace-done",
      "subscribe-error",
      "announce-subscribe",
      "subscribe-before-announce",
    ]).flat(),
  ]);
});

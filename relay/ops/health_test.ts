import assert from "node:assert/strict";
import { durationText } from "./health.ts";

Deno.test("durationText() writes hours, minutes and seconds", () => {
  assert.deepEqual(
    [0, 250, 1500, 60_000, 61_500.7, 3_600_000, 90_061_001].map(durationText),
    ["0s", "0.25s", "1.5s", "1m0s", "1m1.5s", "1h0m0s", "25h1m1.001s"],
  );
});

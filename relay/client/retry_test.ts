import assert from "node:assert/strict";
import { retryTime } from "./retry.ts";

Deno.test("retryTime() does not end without a word, and knows seconds and never", () => {
  for (const [word, time] of [[undefined, Infinity], ["never", 0], ["2.5", 2_500]] as const) {
    assert.deepEqual(retryTime(word), { ok: true, value: time });
  }
});

Deno.test("retryTime() refuses what is no time", () => {
  for (const word of ["", "0", "-1", "soon", "1e9", "Infinity"]) {
    const found = retryTime(word);
    assert.match(found.ok ? "" : found.refusal, /^--retry is a number of seconds up to/, word);
  }
});

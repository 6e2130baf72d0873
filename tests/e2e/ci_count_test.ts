/** How `.ci/run` counts tests. */
import assert from "node:assert/strict";
import { runToEnd } from "../support/processes/program_process.ts";

const NOTHING = "0 passed, 0 failed, 0 skipped";

const LOGS: [log: string, counted: string][] = [
  ["a test ... ok\n\nok | 12 passed | 0 failed (2s)", "12 passed, 0 failed, 0 skipped"],
  ["ok | 12 passed (3 steps) | 0 failed | 1 ignored (2s)", "12 passed, 0 failed, 1 skipped"],
  [
    "FAILED | 2 passed (1 step) | 1 failed (2 steps) | 3 ignored (1 step) | 4 filtered out (1m2s)",
    "2 passed, 1 failed, 3 skipped",
  ],
  ["ok | 0 passed | 0 failed | 7 filtered out (0ms)", NOTHING],
  // A test may print one too.
  [
    "ok | 9 passed | 0 failed (1s)\nx ... FAILED\n\nFAILED | 1 passed | 1 failed (2s)",
    "1 passed, 1 failed, 0 skipped",
  ],
  ["", NOTHING],
  ["error: Test failed", NOTHING],
  ["x ... ok (1ms)", NOTHING],
  ["note: ok | 1 passed", NOTHING],
];

for (const [log, counted] of LOGS) {
  Deno.test(`.ci/count reads ${JSON.stringify(log)}`, async () => {
    const { code, stdout } = await runToEnd(["bash", ".ci/count"], {}, `${log}\n`);
    assert.equal(stdout, `${counted}\n`);
    assert.equal(code, /^[1-9]\d* passed, 0 failed/.test(counted) ? 0 : 1);
  });
}

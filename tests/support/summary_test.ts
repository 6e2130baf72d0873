import assert from "node:assert/strict";
import { judge, readSummary } from "./summary.ts";

const READABLE: [line: string, passed: number, failed: number, skipped: number][] = [
  ["ok | 12 passed | 0 failed (2s)", 12, 0, 0],
  ["ok | 12 passed (3 steps) | 0 failed | 1 ignored (2s)", 12, 0, 1],
  [
    "FAILED | 2 passed (1 step) | 1 failed (2 steps) | 3 ignored (1 step) | 4 filtered out (1m2s)",
    2,
    1,
    3,
  ],
  ["ok | 0 passed | 0 failed | 7 filtered out (0ms)", 0, 0, 0],
  ["\x1b[0m\x1b[32mok\x1b[0m | 5 passed | 0 failed \x1b[38;5;245m(11ms)\x1b[0m\r", 5, 0, 0],
];

for (const [line, passed, failed, skipped] of READABLE) {
  Deno.test(`readSummary() reads ${JSON.stringify(line)}`, () => {
    assert.deepEqual(readSummary(`a test ... ok\n\n${line}\n\n`), { passed, failed, skipped });
  });
}

Deno.test("readSummary() takes the last summary, since a test may print one too", () => {
  const output =
    "ok | 99 passed | 0 failed (1s)\nx ... FAILED\nFAILED | 1 passed | 1 failed (2s)\n";
  assert.deepEqual(readSummary(output), { passed: 1, failed: 1, skipped: 0 });
});

Deno.test("readSummary() finds nothing in a run that broke off or never began", () => {
  for (const output of ["", "error: Test failed\n", "x ... ok (1ms)\n", "note: ok | 1 passed\n"]) {
    assert.equal(readSummary(output), undefined, output);
  }
});

Deno.test("judge() wants at least one test and no failure", () => {
  assert.deepEqual(judge({ passed: 3, failed: 0, skipped: 1 }), {
    line: "3 passed, 0 failed, 1 skipped",
    good: true,
  });
  assert.equal(judge({ passed: 3, failed: 1, skipped: 0 }).good, false);
  assert.equal(judge({ passed: 0, failed: 0, skipped: 4 }).good, false);
  assert.deepEqual(judge(undefined), { line: "0 passed, 0 failed, 0 skipped", good: false });
});

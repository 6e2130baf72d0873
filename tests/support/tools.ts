import assert from "node:assert/strict";
import { optionalTest, programMissing } from "./optional_test_case.ts";
import { runToEnd } from "./processes/program_process.ts";

/**
 * Registers a test that needs a program which not every machine has; where it is missing the test is
 * skipped with the reason in its name.
 */
export function toolTest(
  tool: string,
  claim: string,
  test: (run: ReturnType<typeof runnerOf>) => Promise<void>,
): void {
  optionalTest(`${tool} ${claim}`, programMissing(tool), () => test(runnerOf(tool)));
}

/** Runs a tool to its end and gives what it wrote; fails with that when the tool finds fault. */
function runnerOf(tool: string) {
  return async (args: readonly string[], input = "", cwd: string | URL = ".") => {
    const { code, stdout, stderr } = await runToEnd([tool, ...args], { cwd }, input);
    assert.equal(code, 0, `${tool} ${args.join(" ")}\n${stdout}${stderr}`);
    return `${stdout}${stderr}`;
  };
}

import assert from "node:assert/strict";
import { optionalTest, programMissing } from "./optional_test_case.ts";
import { type CommandLine, runToEnd } from "./processes/program_process.ts";

/** Runs a tool to its end and gives what it wrote; fails with that when the tool finds fault. */
export type RunTool = (
  args: readonly string[],
  input?: string,
  cwd?: string | URL,
) => Promise<string>;

/**
 * Registers a test that needs a program which not every machine has; where it is missing the test is
 * skipped with the reason in its name.
 */
export function toolTest(tool: string, claim: string, test: (run: RunTool) => Promise<void>): void {
  optionalTest(
    `${tool} ${claim}`,
    programMissing(tool),
    () => test((args, input = "", cwd = ".") => run([tool, ...args], input, cwd)),
  );
}

async function run(command: CommandLine, input: string, cwd: string | URL): Promise<string> {
  const { code, stdout, stderr } = await runToEnd(command, { cwd }, input);
  assert.equal(code, 0, `${command.join(" ")}\n${stdout}${stderr}`);
  return `${stdout}${stderr}`;
}

import assert from "node:assert/strict";
import { optionalTest, programMissing } from "./optional_test_case.ts";

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

async function run(
  [tool, ...args]: readonly [string, ...string[]],
  input: string,
  cwd: string | URL,
): Promise<string> {
  const child = new Deno.Command(tool, {
    args,
    cwd,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  // A tool that reads nothing may have ended before.
  await writer.write(new TextEncoder().encode(input)).catch(() => {});
  await writer.close().catch(() => {});
  const { success, stdout, stderr } = await child.output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.ok(success, `${tool} ${args.join(" ")}\n${out}${error}`);
  return `${out}${error}`;
}

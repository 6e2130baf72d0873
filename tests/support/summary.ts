/**
 * Reads what `deno test` printed from standard input and ends with one line that every build system
 * can read: `N passed, N failed, N skipped`. Fails when tests failed, none ran, or the run broke off.
 */
import { stripVTControlCharacters } from "node:util";

/** How a whole run of `deno test` went, counted in tests. */
export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

// For instance "ok | 12 passed (3 steps) | 0 failed (1 step) | 1 ignored | 2 filtered out (2s)".
const SUMMARY =
  /^(?:ok|FAILED) \| (\d+) passed\b[^|]*\| (\d+) failed\b[^|]*(?:\| (\d+) ignored\b.*)?/;

/** The test runner's own summary: the last one in `output`, since a test may print another. */
export function readSummary(output: string): Summary | undefined {
  const lines = stripVTControlCharacters(output).split("\n");
  const match = lines.map((line) => SUMMARY.exec(line.trim())).findLast((found) => found !== null);
  if (!match) return undefined;
  const [, passed, failed, skipped = "0"] = match;
  return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) };
}

/** The last line to print, and whether the run was good. */
export function judge(summary: Summary | undefined): { line: string; good: boolean } {
  const { passed, failed, skipped } = summary ?? { passed: 0, failed: 0, skipped: 0 };
  return {
    line: `${passed} passed, ${failed} failed, ${skipped} skipped`,
    good: failed === 0 && passed > 0,
  };
}

if (import.meta.main) {
  const { line, good } = judge(readSummary(await new Response(Deno.stdin.readable).text()));
  await Deno.stdout.write(new TextEncoder().encode(`${line}\n`));
  Deno.exit(good ? 0 : 1);
}

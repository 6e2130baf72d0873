/**
 * `deno task conformance [--strict]`: which test proves which rule of the protocol. Fails when a test
 * names a rule that does not exist, and with `--strict` also when a rule that binds has no test.
 */
import { parseArgs } from "node:util";
import { readProjectFiles } from "../support/source/project_files.ts";
import { findClaims } from "./proofs.ts";
import { makeReport } from "./report.ts";
import { RULES } from "./rules.ts";

const { values } = parseArgs({ options: { strict: { type: "boolean", default: false } } });
const report = makeReport(RULES, findClaims(await readProjectFiles()));
await print([...report.lines, ...report.errors.map((error) => `error: ${error}`)]);
const complete = report.missing.length === 0 || !values.strict;
Deno.exit(report.errors.length === 0 && complete ? 0 : 1);

async function print(lines: readonly string[]): Promise<void> {
  const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
  for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
}

import { lineOf, scanSource } from "../support/source/source.ts";

/** A test, or a step of one, that says by its name which rules it proves. */
export interface Proof {
  readonly file: string;
  readonly line: number;
  readonly test: string;
  /** Ids as they stand in the name, known or not. */
  readonly rules: readonly string[];
}

/** What a project's tests say about rules. */
export interface Claims {
  readonly proofs: readonly Proof[];
  /** Texts in tests that speak of a rule without being a test's name: nothing is proved by them. */
  readonly mentions: readonly Proof[];
}

const RULE = /\bR-\d+\b/g;

// A name is given to a test or step, or as the `name` of one, or leads a row of a table of cases.
const BEFORE_A_NAME = /(?:(?:[tT]est|[sS]tep)(?:\.only)?\s*\(\s*|\bname\s*:\s*)$/;
const LEADING_RULE = /^R-\d+\b/;
const BEFORE_A_SKIPPED_NAME = /\.(?:ignore|skip|todo)\s*\(\s*$/;

/** Whether a file's texts can name tests: test files, and the suites that test files run. */
export function holdsTests(path: string): boolean {
  if (path.startsWith("tests/conformance/")) return false;
  return path.endsWith("_test.ts") || /^tests\/(?:contracts|scenarios|e2e)\/.*\.ts$/.test(path);
}

/** Finds the rules named by tests in `files` (path to source). */
export function findClaims(files: ReadonlyMap<string, string>): Claims {
  const proofs: Proof[] = [];
  const mentions: Proof[] = [];
  for (const [file, source] of files) {
    if (!holdsTests(file)) continue;
    const { code, literals } = scanSource(source);
    for (const { start, text } of literals) {
      const rules = [...new Set(text.match(RULE))];
      if (rules.length === 0) continue;
      const before = code.slice(Math.max(0, start - 80), start);
      const named = BEFORE_A_NAME.test(before) || LEADING_RULE.test(text);
      const claim = { file, line: lineOf(source, start), test: text, rules };
      if (named && !BEFORE_A_SKIPPED_NAME.test(before)) proofs.push(claim);
      else mentions.push(claim);
    }
  }
  return { proofs, mentions };
}

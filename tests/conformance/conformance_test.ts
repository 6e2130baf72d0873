import assert from "node:assert/strict";
import { readProjectFiles } from "../support/source/project_files.ts";
import { findClaims } from "./proofs.ts";
import { makeReport } from "./report.ts";
import { must, should } from "./rule.ts";
import { RULES } from "./rules.ts";

const THREE = [
  must("R-001", "session-init", "First."),
  should("R-002", "relay-dos#slow-subscribers", "Second."),
  must("R-003", "moqt-16#gone", "Third.", { doesNotApply: "It is gone." }),
];

function claims(source: string, path = "relay/a_test.ts") {
  return findClaims(new Map([[path, source]]));
}

Deno.test("the list holds every rule from R-001 to R-205 once, in order", () => {
  const expected = Array.from({ length: 205 }, (_, at) => `R-${`${at + 1}`.padStart(3, "0")}`);
  assert.deepEqual(RULES.map((rule) => rule.id), expected);
});

Deno.test("every rule says something, where it comes from, and why when it does not apply", () => {
  for (const { id, text, where, standing } of RULES) {
    assert.match(text, /^[A-Z(].*\.$/, id);
    assert.match(where, /^(?:moqt-(?:16|18|19|20)|relay-dos)#[a-z][\w-]*$/, id);
    if ("doesNotApply" in standing) assert.match(standing.doesNotApply, /^[A-Z].*\.$/, id);
    else assert.match(where, /^(?:moqt-18|relay-dos)#/, `${id} binds by another draft`);
  }
});

Deno.test("the project's tests name only rules that are in the list", async () => {
  assert.deepEqual(makeReport(RULES, findClaims(await readProjectFiles())).errors, []);
});

Deno.test("findClaims() reads the names of tests, steps and rows of cases", () => {
  const { proofs, mentions } = claims(`
    Deno.test("R-001: one", () => {});
    Deno.test({ name: "two proves R-002 and R-003", fn });
    await t.step(\`R-003/R-001: \${three}\`, fn);
    Deno.test.only("four (R-004)", fn);
    const CASES = [["R-005, R-006: five", 1]];
    transportTest("six, R-007", fn);
  `);
  assert.deepEqual(
    proofs.map(({ line, rules }) => [line, ...rules]),
    [
      [2, "R-001"],
      [3, "R-002", "R-003"],
      [4, "R-003", "R-001"],
      [5, "R-004"],
      [6, "R-005", "R-006"],
      [7, "R-007"],
    ],
  );
  assert.deepEqual(mentions, []);
});

Deno.test("findClaims() takes no comment, no message and no skipped test for a proof", () => {
  const { proofs, mentions } = claims(`
    // Deno.test("R-001: not written yet")
    assert.ok(x, "as R-002 says");
    Deno.test.ignore("R-003: later", fn);
  `);
  assert.deepEqual(proofs, []);
  assert.deepEqual(mentions.map(({ line, rules }) => [line, ...rules]), [[3, "R-002"], [
    4,
    "R-003",
  ]]);
});

Deno.test("findClaims() reads test files and the suites that they run, and nothing else", () => {
  const source = 'Deno.test("R-001: one", fn);';
  for (
    const path of ["shared/a_test.ts", "tests/contracts/transport.ts", "tests/e2e/late_test.ts"]
  ) {
    assert.equal(claims(source, path).proofs.length, 1, path);
  }
  for (const path of ["relay/a.ts", "tests/support/a.ts", "tests/conformance/a_test.ts"]) {
    assert.equal(claims(source, path).proofs.length, 0, path);
  }
});

Deno.test("makeReport() tells for each rule who proves it, why not, or that nobody does", () => {
  const report = makeReport(THREE, claims('Deno.test("R-001: one", f); t.step("R-001 again", f);'));
  assert.deepEqual(report, {
    lines: [
      "R-001 must   proved by relay/a_test.ts: R-001: one",
      "R-001 must   proved by relay/a_test.ts: R-001 again",
      "R-002 should missing: Second. (relay-dos#slow-subscribers)",
      "R-003 must   does not apply to 18 because: It is gone.",
      "3 rules: 1 proved, 1 do not apply to 18, 1 missing (0 must, 1 should)",
    ],
    errors: [],
    missing: ["R-002"],
  });
});

Deno.test("makeReport() points at rules that do not exist and at mentions that prove nothing", () => {
  const report = makeReport(THREE, claims('\nf("as R-001");\nDeno.test("R-1, R-206", f);'));
  assert.deepEqual(report.errors, [
    "relay/a_test.ts:3 names R-1, which is not in the list",
    "relay/a_test.ts:3 names R-206, which is not in the list",
  ]);
  assert.ok(report.lines.includes("note: relay/a_test.ts:2 is no test's name: as R-001"));
});

Deno.test("makeReport() refuses a list that holds a rule twice", () => {
  assert.deepEqual(makeReport([...THREE, THREE[0]!], { proofs: [], mentions: [] }).errors, [
    "R-001 is in the list twice",
  ]);
});

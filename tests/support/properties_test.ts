import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty, SEED } from "./properties.ts";
import { readProjectFiles } from "./source/project_files.ts";
import { lineOf, scanSource } from "./source/source.ts";

/** Ways to input that no seed repeats. */
const UNSEEDED =
  /\bfc\.assert\b|\bfc\.(?:check|sample)\b(?![^;]*\bSEED\b)|\bMath\.random\b|\bgetRandomValues\b/g;

/** What must differ from run to run: ports and names of one machine, and the seed of a long run. */
const MAY =
  /^tests\/(?:support\/(?:properties|mesh\/ports|mesh\/net_namespaces)|properties\/long)\.ts$/;

Deno.test("tests make nothing up but from the seed", async () => {
  const found: string[] = [];
  for (const [path, source] of await readProjectFiles()) {
    if (MAY.test(path) || !(path.startsWith("tests/") || path.endsWith("_test.ts"))) continue;
    for (const { index } of scanSource(source).code.matchAll(UNSEEDED)) {
      found.push(`${path}:${lineOf(source, index)}`);
    }
  }
  assert.deepEqual(found, []);
});

Deno.test("checkProperty() makes up the same each time, and says from which seed where it fails", () => {
  const trial = () => {
    const tried: number[] = [];
    checkProperty(fc.property(fc.nat(), (number) => void tried.push(number)));
    return tried;
  };
  assert.deepEqual(trial(), trial());
  const fails = () => checkProperty(fc.property(fc.nat(), (number) => number < 1000));
  assert.throws(fails, new RegExp(`seed: ${SEED},`));
});

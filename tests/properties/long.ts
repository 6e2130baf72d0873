/**
 * Runs the tests that make their input up with a seed that nobody chose, and tries more than the gate.
 * The seed is printed first: with it a run that failed fails again.
 *
 * deno task test:long
 * deno task test:long --seed 1234 --times 10 tests/properties/track_test.ts
 */
// deno-lint-ignore-file no-console -- it says what it runs
import { parseArgs } from "node:util";

/** Where tests are that make something up. */
const SEEDED = [
  "relay",
  "shared",
  "tests/contracts",
  "tests/e2e/mesh_chaos_test.ts",
  "tests/e2e/mesh_controllers_test.ts",
  "tests/faults",
  "tests/properties",
];

/** Flags of the gate. */
const FLAGS = ["--allow-all", "--frozen", "--parallel", "--trace-leaks"];

const { values: { seed, times }, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string", default: String(crypto.getRandomValues(new Uint16Array(1))[0]) },
    times: { type: "string", default: "10" },
  },
});
const replay = `deno task test:long --seed ${seed} --times ${times}`;
console.log(`The seed is ${seed}; the same again: ${replay}`);
const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["test", ...FLAGS, ...(positionals.length > 0 ? positionals : SEEDED)],
  env: { TEST_SEED: seed, TEST_TIMES: times },
}).spawn().status;
if (code !== 0) console.error(`Failed; the same again: ${replay}`);
Deno.exit(code);

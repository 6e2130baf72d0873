/**
 * Runs the simulation of controllers under faults with one seed, or with many from a first one on.
 * The first seed that fails is printed; run with it, it fails the same way again.
 *
 * deno task sim --seed 7
 * deno task sim --from 1 --count 100000
 */
// deno-lint-ignore-file no-console -- what it finds is for the terminal
import { exit } from "node:process";
import { parseArgs } from "node:util";
import { simulate } from "../support/sync_simulation.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    from: { type: "string", default: "1" },
    count: { type: "string", default: "1000" },
  },
});
const first = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.count) : 1;
for (let seed = first; seed < first + count; seed++) {
  try {
    simulate(seed);
  } catch (error) {
    console.error(`Seed ${seed} fails; run again with --seed ${seed}`);
    console.error(error);
    exit(1);
  }
}
console.log(`${count} seeds from ${first} on: every controller knew what is true`);

/**
 * Runs a simulation under faults with one seed, or with many from a first one on: of controllers, or of
 * a mesh of relays. The first seed that fails is printed; run with it, it fails the same way again.
 *
 * deno task sim --seed 7
 * deno task sim --from 1 --count 100000
 * deno task sim --relays 1000 --count 10
 * deno task sim --of mesh --seed 7
 */
// deno-lint-ignore-file no-console -- what it finds is for the terminal
import { exit } from "node:process";
import { parseArgs } from "node:util";
import { chaos } from "../support/mesh_world/chaos.ts";
import { simulate } from "../support/worlds/sync_simulation.ts";

interface Simulation {
  /** Throws when something is not as it should be. `note` is told what happens. */
  readonly run: (
    seed: number,
    note: (text: string) => void,
    relays: number | undefined,
  ) => Promise<void> | void;
  readonly count: string;
  readonly holds: string;
}

const SIMULATIONS: Readonly<Record<string, Simulation>> = {
  controllers: {
    run: (seed, _, relays) => simulate(seed, relays),
    count: "1000",
    holds: "every controller knew what is true",
  },
  mesh: {
    run: (seed, note) => chaos(seed, note),
    count: "20",
    holds: "every viewer had every track that could come to it",
  },
};

const { values } = parseArgs({
  options: {
    of: { type: "string", default: "controllers" },
    seed: { type: "string" },
    from: { type: "string", default: "1" },
    count: { type: "string" },
    relays: { type: "string" },
  },
});
const simulation = SIMULATIONS[values.of];
if (simulation === undefined) {
  console.error(
    `Cannot simulate ${values.of}: --of takes ${Object.keys(SIMULATIONS).join(" or ")}`,
  );
  exit(2);
}
const isOne = values.seed !== undefined;
const first = Number(values.seed ?? values.from);
const relays = values.relays === undefined ? undefined : Number(values.relays);
const count = isOne ? 1 : Number(values.count ?? simulation.count);
for (let seed = first; seed < first + count; seed++) {
  try {
    await simulation.run(seed, isOne ? console.log : () => {}, relays);
  } catch (error) {
    console.error(`Seed ${seed} fails; run again with --of ${values.of} --seed ${seed}`);
    console.error(error);
    exit(1);
  }
}
console.log(`${count} seeds from ${first} on: ${simulation.holds}`);

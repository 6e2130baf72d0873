import { chaos } from "../support/mesh_world/chaos.ts";

const SEEDS = 12;

for (let seed = 1; seed <= SEEDS; seed++) {
  Deno.test(`a mesh under faults recovers, seed ${seed}`, () => chaos(seed));
}

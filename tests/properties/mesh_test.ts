import { chaos } from "../support/mesh_world/chaos.ts";

const SEEDS = 8;

for (let seed = 1; seed <= SEEDS; seed++) {
  Deno.test(`a mesh under faults recovers; what happens is told by: deno task sim --of mesh --seed ${seed}`, () =>
    chaos(seed));
}

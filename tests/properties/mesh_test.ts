import { chaos } from "../support/mesh_world/chaos.ts";
import { seeds } from "../support/properties.ts";

for (const seed of seeds(8)) {
  Deno.test(`a mesh under faults recovers; what happens is told by: deno task sim --of mesh --seed ${seed}`, () =>
    chaos(seed));
}

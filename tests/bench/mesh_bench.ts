import { convergence } from "./mesh_convergence.ts";
import { failoverGaps } from "./mesh_failover.ts";
import { hopLatency, transitCpu } from "./mesh_hops.ts";
import type { BenchOptions } from "./options.ts";

// What two cores run is a mesh of a few relays; more are scripted, and only their controller is real.
const SCRIPTED_RELAYS = [20, 100];

/** Measures several relays together. `print` is told what each case came to. */
export async function benchMesh(
  { seconds, kills, quick }: BenchOptions,
  print: (result: object) => void,
): Promise<void> {
  for (const result of await hopLatency(seconds)) print(result);
  print(await transitCpu(seconds));
  print(await failoverGaps(kills));
  for (const relays of SCRIPTED_RELAYS) print(await convergence(relays, quick ? 5 : 30));
}

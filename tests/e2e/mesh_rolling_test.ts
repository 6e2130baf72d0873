import { meshTest, STEADY } from "../support/mesh/mesh_case.ts";
import { audienceOf, restartInTurn } from "../support/mesh/rolling.ts";
import { diamond } from "../support/mesh/topology.ts";

meshTest(
  "a rolling restart loses nothing for viewers elsewhere, and a reconnect for the others",
  { topology: diamond(), relayConfig: STEADY },
  async (ground) => await restartInTurn(ground, await audienceOf(ground)),
);

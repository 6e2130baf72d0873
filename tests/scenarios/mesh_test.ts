/** Scenarios that tests/e2e/mesh_failover_test.ts and mesh_origins_test.ts run over processes. */
import { simulate } from "../support/mesh_world/simulation.ts";
import { FAILOVER, WITHOUT_CONTROLLER } from "./mesh_failover.ts";
import { ORIGINS } from "./mesh_origins.ts";

simulate([...FAILOVER, ...WITHOUT_CONTROLLER, ...ORIGINS]);

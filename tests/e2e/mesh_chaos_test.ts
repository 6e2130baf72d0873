import { surviveChaos } from "../support/mesh/chaos.ts";
import { meshTest } from "../support/mesh/mesh_case.ts";
import { ringWithChords } from "../support/mesh/topology.ts";
import { longer, SEED } from "../support/properties.ts";
import { Random } from "../support/random.ts";

// Twenty relays where there are processors for them: MESH_CHAOS_RELAYS=20.
const RELAYS = Number(Deno.env.get("MESH_CHAOS_RELAYS") ?? 6);
const SECONDS = longer(15);

meshTest(
  `after ${SECONDS} s of kills, freezes and cuts in a ring of ${RELAYS} with chords, everyone has every track (TEST_SEED=${SEED})`,
  {
    topology: ringWithChords(RELAYS, SEED),
    relayConfig: { mesh: { failover_hold_ms: 60_000 } },
    deadline: 240_000 + SECONDS * 2000,
  },
  (world) => surviveChaos(world, { seconds: SECONDS, random: new Random(SEED) }),
);

import { HANGS_MS } from "../support/deadline.ts";
import { CHAOTIC, surviveChaos } from "../support/mesh/chaos.ts";
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
    relayConfig: CHAOTIC,
    deadline: HANGS_MS + SECONDS * 2000,
  },
  (world) => surviveChaos(world, { seconds: SECONDS, random: new Random(SEED) }),
);

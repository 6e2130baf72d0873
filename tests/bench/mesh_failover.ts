import { systemClock } from "@qumo/shared/runtime";
import { DirectSite } from "../support/mesh/site.ts";
import { Mesh } from "../support/mesh/mesh.ts";
import { trackText } from "../support/mesh/mesh_case.ts";
import { MeshPublisher } from "../support/mesh/publisher.ts";
import { diamond } from "../support/mesh/topology.ts";
import { until } from "../support/until.ts";
import { MeshViewer } from "../support/mesh/viewer.ts";
import { Latency } from "../../relay/client/bench/latency.ts";

const PATH = "bench";
// Gaps are seen to 20 ms.
const RATE = { objectMs: 20, objectsPerGroup: 25 };
// What comes after a kill counts as going on when it was sent after it, and so much of it came.
const GOING_ON_OBJECTS = 25;
const SETTLED_GROUPS = 4;
// A relay that is killed again and again is trusted later and later, unless it is up for ten times
// this; the gap does not depend on it.
const HOLD_DOWN_MS = 100;

/** Kills the relay in the middle again and again; how long the viewer behind it sees nothing new. */
export async function failoverGaps(kills: number): Promise<object> {
  await using mesh = await Mesh.start({
    topology: diamond(),
    site: (topology) => Promise.resolve(new DirectSite(topology)),
    relayConfig: { mesh: { hold_down_ms: HOLD_DOWN_MS } },
  });
  await using publisher = new MeshPublisher(PATH, RATE);
  await publisher.connect(mesh.relay("west"));
  await using viewer = await MeshViewer.join(mesh.relay("east"), publisher);
  await viewer.has(publisher.group + 1);
  const gaps = new Latency();
  const groups: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    const { milliseconds, lost } = await killOnce(mesh, publisher, viewer);
    gaps.add(milliseconds);
    groups.push(lost);
  }
  return {
    case: "gap after a kill",
    kills,
    p50_ms: gaps.percentile(0.5),
    p90_ms: gaps.percentile(0.9),
    p99_ms: gaps.percentile(0.99),
    longest_ms: gaps.largest,
    groups_not_whole: groups.reduce((sum, lost) => sum + lost, 0),
    most_groups_not_whole: Math.max(...groups),
    faults: viewer.faults.length,
  };
}

async function killOnce(mesh: Mesh, publisher: MeshPublisher, viewer: MeshViewer) {
  await mesh.routed("east", trackText(PATH), ["north", "west"]);
  // The way that was used before has brought its last group.
  await viewer.has(publisher.group + SETTLED_GROUPS);
  const { reception } = viewer;
  const first = publisher.group - 1;
  const killed = systemClock.now();
  await mesh.relay("north").end("SIGKILL");
  await until("the viewer to go on", () => {
    const lately = reception.arrivals.slice(-GOING_ON_OBJECTS);
    return lately.length === GOING_ON_OBJECTS && lately.every(({ sent }) => sent > killed);
  });
  const last = await viewer.has(publisher.group + 1);
  const { missing, cut } = reception.verdict({ first, last });
  const milliseconds = reception.longestPauseSince(killed);
  await mesh.relay("north").start();
  return { milliseconds, lost: missing.length + cut.length };
}

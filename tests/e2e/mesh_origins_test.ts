import assert from "node:assert/strict";
import { systemClock } from "@qumo/shared/runtime";
import { ORIGINS } from "../scenarios/mesh_origins.ts";
import {
  GAP_GROUPS,
  GROUP_MS,
  meshTest,
  runAsProcesses,
  trackText,
} from "../support/mesh/mesh_case.ts";
import { chain } from "../support/mesh/topology.ts";

// A call of the neighbors that began while the relay was away has to run out first.
const REDIAL_GROUPS = 6;
const GROUPS = 4;

// A machine that runs other tests meanwhile may take long to start a relay.
const PATIENT = { mesh: { failover_hold_ms: 30_000 } };

runAsProcesses(ORIGINS, PATIENT.mesh);

meshTest(
  "a relay that comes back under its name, with another certificate, carries what it carried",
  { topology: chain("lisbon", "madrid", "lyon"), relayConfig: PATIENT },
  async ({ mesh, publisher, viewer, say, withinGroups }) => {
    const live = await publisher("concert", "lisbon");
    const watching = await viewer(live, "lyon");
    await mesh.routed("lyon", trackText("concert"), ["madrid", "lisbon"]);
    const certificate = mesh.relay("madrid").certificateHash.toHex();
    const epochOf = async () => (await mesh.controllers[0]!.ask("GET", "/relay/madrid")).body.epoch;
    const epoch = await epochOf();

    const broken = live.group;
    const start = systemClock.now();
    await mesh.relay("madrid").end("SIGKILL");
    await mesh.relay("madrid").start();
    const absence = systemClock.now() - start;
    assert.notEqual(mesh.relay("madrid").certificateHash.toHex(), certificate);

    await mesh.routed("lyon", trackText("concert"), ["madrid", "lisbon"]);
    const gap = await watching.verdict(live.group + GROUPS, broken - 1);
    say(`away for ${absence.toFixed(0)} ms`);
    const most = absence / GROUP_MS + GAP_GROUPS + REDIAL_GROUPS;
    withinGroups(gap, most);
    assert.deepEqual(watching.faults, []);
    assert.ok(await epochOf() > epoch, "it began a new life at the controller");
  },
);
